import { openJournalStore } from '../../src/journal/store.ts'

export const journalStoreOf = (folder: string) => openJournalStore(`${folder}/runs`, { now: () => new Date(0) })
