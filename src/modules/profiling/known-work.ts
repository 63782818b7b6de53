import type { Profile } from '../../model/profile.ts'

/** Work that a Go program of Kubernetes is known for, and what much of it means. */
export interface KnownWork {
  readonly work: string
  readonly functions: RegExp
  readonly means?: string
  readonly from?: number // share of the whole, 0 to 1, from which on it means that; always where absent
}

const COLLECTING = 'garbage collection and allocation'

/** Shares beyond which work speaks for a cause: domain notes on a busy API server, from kubernetes#10451 and #15528. */
const KNOWN: readonly KnownWork[] = [
  {
    work: COLLECTING,
    functions: /^runtime\.(gcBgMarkWorker|mallocgc|gcAssistAlloc)$/,
    means: 'memory is allocated at a rate that eats the processor: large lists, or too little memory',
    from: 0.4,
  },
  {
    work: "cadvisor's housekeeping",
    functions: /containerData\)\.(housekeeping|housekeepingTick|updateStats)$/,
    means: 'much of it: many containers, or slow file systems below them',
  },
  { work: 'system calls', functions: /^(syscall\.(Raw)?Syscall6?|.*\/syscall\.Syscall6)$/ },
  { work: 'TLS handshakes', functions: /^crypto\/tls\.\(\*Conn\)\.(handshakeContext|Handshake|HandshakeContext)$/ },
  { work: 'encoding and decoding', functions: /(\/serializer\/.*|^encoding\/json\.)(Encode|Decode|Marshal|Unmarshal)/ },
]

/** How much of a profile was known work, 0 to 1; work counts with all that it calls, so the shares may overlap. */
export interface WorkShare {
  readonly work: string
  readonly share: number
  readonly means?: string
}

/** The known work that a profile shows, most of it first; none where nothing was counted. */
export const workShares = ({ stacks, total }: Profile): readonly WorkShare[] =>
  total <= 0
    ? []
    : KNOWN.map(({ work, functions, means, from = 0 }) => {
        const seen = stacks.filter(({ frames }) => frames.some((frame) => functions.test(frame)))
        const share = seen.reduce((sum, { value }) => sum + value, 0) / total
        return { work, share, ...(means && share > from ? { means } : {}) }
      })
        .filter(({ share }) => share > 0)
        .toSorted((a, b) => b.share - a.share)

/** The share of garbage collection and allocation, 0 to 1. */
export const collecting = (profile: Profile): number =>
  workShares(profile).find(({ work }) => work === COLLECTING)?.share ?? 0
