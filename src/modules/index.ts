import type { Module, Modules } from '../model/module.ts'
import { assert } from './system/assert.ts'
import { command } from './system/command.ts'
import { envFile } from './system/env-file.ts'
import { file } from './system/file.ts'
import { service } from './system/service.ts'
import { shell } from './system/shell.ts'

/** Every module that runbooks can use; a new one is one line here. */
const all: readonly Module[] = [assert, command, envFile, file, service, shell]

/** The modules by name, in the order of their names. */
export const createModules = (): Modules =>
  new Map(all.toSorted((a, b) => (a.name < b.name ? -1 : 1)).map((module) => [module.name, module]))
