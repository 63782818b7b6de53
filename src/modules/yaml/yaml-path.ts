/** A place in a YAML document: keys of maps and places in lists. */
export type YamlPath = readonly (string | number)[]

/** What a path may look like: `spec.containers[0].env`, `metadata.annotations["example.org/a"]`. */
export const yamlPathPattern =
  '^([A-Za-z0-9_/-]+|\\["[^"\\\\]+"\\])(\\.[A-Za-z0-9_/-]+|\\[[0-9]+\\]|\\["[^"\\\\]+"\\])*$'

/** A text that fits yamlPathPattern as a path. */
export const parseYamlPath = (text: string): YamlPath =>
  [...text.matchAll(/\["([^"]+)"\]|\[(\d+)\]|([A-Za-z0-9_/-]+)/g)].map(([, quoted, index, plain]) =>
    index === undefined ? (quoted ?? plain ?? '') : Number(index),
  )
