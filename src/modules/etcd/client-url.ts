const loopback = /^https?:\/\/(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:|\/|$)/

/** True for a URL that only the host itself can use. */
export const isLoopbackUrl = (url: string): boolean => loopback.test(url)

/**
 * The URL by which a host talks to its own etcd, from what etcd listens on: loopback first, and every address
 * ("0.0.0.0", "[::]", none) by 127.0.0.1. Undefined where it listens on no TCP port.
 */
export function localUrl(listen: readonly string[]): string | undefined {
  const urls = listen.flatMap((url) => (/^https?:\/\//.test(url) ? [reachable(url.replace(/\/+$/, ''))] : []))
  return urls.find(isLoopbackUrl) ?? urls[0]
}

const reachable = (url: string): string =>
  url.replace(/^(https?:\/\/)(0\.0\.0\.0|\[::\])?(?=:\d+$)/, (_all, scheme: string) => `${scheme}127.0.0.1`)

/** The members of a list of URLs as etcd's settings write them, by commas. */
export const splitUrls = (text: string | undefined): readonly string[] =>
  (text ?? '')
    .split(',')
    .map((url) => url.trim())
    .filter((url) => url !== '')
