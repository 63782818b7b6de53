/** Kinds of objects whose end is the end of what others put there, and why. */
export const HOLDERS: Readonly<Record<string, string>> = {
  Namespace: 'everything in it would go with it',
  CustomResourceDefinition: 'every object of that kind would go with it',
  PersistentVolume: 'the data on it may go with it',
  PersistentVolumeClaim: 'the data on its volume may go with it',
}
