/** The folder of an absolute path. */
export const directoryOf = (path: string): string => path.slice(0, path.lastIndexOf('/')) || '/'
