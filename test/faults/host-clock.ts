/**
 * Preloaded into the program: `--import host-clock.ts?days=N` sets its clock off by so many days from the start, and
 * `&on=SIGUSR2` only when it gets that signal. Monotonic time goes on as it does.
 */
const given = new URL(import.meta.url).searchParams
const RealDate = Date
const offMs = Number(given.get('days')) * 86_400_000
let off = given.has('on') ? 0 : offMs
const signal = given.get('on')
if (signal) process.on(signal, () => (off = offMs))

globalThis.Date = new Proxy(RealDate, {
  construct: (target, args: readonly unknown[], newTarget) =>
    Reflect.construct(target, args.length === 0 ? [RealDate.now() + off] : args, newTarget),
  get: (target, name) => (name === 'now' ? () => RealDate.now() + off : Reflect.get(target, name)),
})
