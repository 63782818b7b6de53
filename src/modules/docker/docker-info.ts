import { type Decision, defineModule, type Probe } from '../../model/module.ts'
import { ProblemError } from '../../model/problem.ts'
import { type Static, Type } from '../../model/schema.ts'
import { DurationArgument, durationMs } from '../shared/argument.ts'
import { failureOf, scriptWith } from '../shared/host-script.ts'
import { dockerInfoText } from './docker-info-text.ts'
import { type DockerSeen, parseDocker } from './docker-seen.ts'

const args = Type.Object(
  {
    deadline: Type.Optional(DurationArgument('how long docker may take for each answer, default 20s')),
    target: Type.Optional(
      Type.String({
        pattern: '^[A-Za-z0-9.+~:_-]*$',
        description: 'version of the package that is wanted, for is_downgrade and target_server',
      }),
    ),
    value: Type.Optional(
      Type.Enum(['answer_ms', 'old_shims'], {
        description: 'time to an answer (null: none), or shims older than the daemon',
      }),
    ),
  },
  { additionalProperties: false },
)

type Args = Static<typeof args>

const defaultDeadline = '20s'

/** Docker as a deadline shows it: that it hangs is an answer too. */
export const dockerInfo = defineModule<typeof args, DockerSeen>({
  name: 'docker_info',
  summary:
    'Docker of the host within a deadline: whether it answers, the version that runs, package, containers, shims left',
  effect: 'reads',
  args,
  example: 'docker_info: {deadline: 20s}',
  resources: () => ['docker:daemon'],
  read: readDocker,
  plan: ({ value, deadline = defaultDeadline }, seen): Decision => {
    const number = value === 'old_shims' ? seen.old_shims.length : seen.answer_ms
    const summary = seen.hangs
      ? `docker does not answer within ${deadline}`
      : seen.answers
        ? `docker ${seen.server} answers, with ${seen.containers.length} containers`
        : 'docker does not run here'
    return {
      kind: 'noop',
      summary,
      output: {
        ...(value === undefined ? {} : { value: number, ...(seen.answers ? {} : { note: summary }) }),
        ...seen,
      },
    }
  },
})

async function readDocker({ deadline = defaultDeadline, target = '' }: Args, probe: Probe): Promise<DockerSeen> {
  const seconds = Math.max(1, Math.ceil(durationMs(deadline) / 1000))
  const reply = await probe.run(scriptWith({ seconds: String(seconds), target }, dockerInfoText), {
    timeoutMs: seconds * 6000 + 60_000,
    limitBytes: 8_388_608,
    label: 'docker_info',
  })
  if (reply.code !== 0) throw new ProblemError(failureOf(reply, 'looking at docker'))
  return parseDocker(reply.stdout.toString('utf8'), target)
}
