import { defineConfig } from 'vitest/config'

/**
 * `unit` is pure and fast; `architecture` reads the source tree; `differential` compares with the programs whose files
 * we read (Debian's ansible-core, OpenSSH); `lab` boots real hosts and needs root.
 */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          testTimeout: 120_000,
          hookTimeout: 120_000,
          globalSetup: 'test/own-tmp.ts',
          setupFiles: 'test/same-properties.ts',
          include: ['test/**/*.test.ts'],
          exclude: ['test/architecture.test.ts', 'test/differential/**', 'test/lab/**'],
        },
      },
      { test: { name: 'architecture', include: ['test/architecture.test.ts'] } },
      {
        test: {
          name: 'differential',
          testTimeout: 300_000,
          hookTimeout: 300_000,
          include: ['test/differential/**/*.test.ts'],
        },
      },
      {
        test: {
          name: 'lab',
          include: ['test/lab/**/*.test.ts'],
          maxWorkers: 3, // labs at once; their tests mostly wait for hosts
          testTimeout: 1_200_000,
          hookTimeout: 900_000,
        },
      },
    ],
  },
})
