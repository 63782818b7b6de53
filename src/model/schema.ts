/** The one importer of TypeBox: a schema written here is both the JSON Schema and the TypeScript type. */
export { type Static, type TObject, type TSchema, Type } from 'typebox'
