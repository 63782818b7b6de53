export { type SafeRegex, safeRegex } from '../model/safe-regex.ts'
