import { makeSecretKeeper, type SecretKeeper } from './secret-keeper.ts'
import type { Outside, World } from './world.ts'

/** The outside with a keeper of secrets, which go into neither stream. */
export function keepingSecrets(outside: Outside): World {
  const secrets = makeSecretKeeper()
  return {
    ...outside,
    secrets,
    vaultPasswords: [],
    stdout: redacting(outside.stdout, secrets),
    stderr: redacting(outside.stderr, secrets),
  }
}

/** The stream itself but for what is written: texts only, as everything here writes. */
const redacting = (stream: NodeJS.WriteStream, { redactor }: SecretKeeper): NodeJS.WriteStream =>
  new Proxy(stream, {
    get: (target, key) => {
      const member: unknown = Reflect.get(target, key, target)
      if (typeof member !== 'function') return member
      if (key !== 'write') return member.bind(target)
      return (chunk: unknown, ...more: unknown[]): unknown =>
        Reflect.apply(member, target, [typeof chunk === 'string' ? redactor.text(chunk) : chunk, ...more])
    },
  })
