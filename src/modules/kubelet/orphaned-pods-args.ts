import { type Static, Type } from '../../model/schema.ts'
import { DurationArgument, PathArgument } from '../shared/argument.ts'

/** What orphaned_pods is told. */
export const args = Type.Object(
  {
    state: Type.Optional(
      Type.Enum(['looked', 'quarantined'], { description: 'looked (default): tells which are orphans, moves none' }),
    ),
    root: Type.Optional(PathArgument('folder of the pods, default /var/lib/kubelet/pods')),
    quarantine: Type.Optional(
      PathArgument('where they go, on the same mount; default .runbook-quarantine beside root'),
    ),
    node: Type.Optional(
      Type.String({ pattern: '^([a-z0-9][a-z0-9.-]*)?$', description: "the node's name, default the host's" }),
    ),
    kubeconfig: Type.Optional(
      PathArgument('what kubectl on this host asks the API server with, default /etc/kubernetes/kubelet.conf'),
    ),
    unit: Type.Optional(
      Type.String({
        pattern: '^[A-Za-z0-9][A-Za-z0-9_.@-]*$',
        description: 'unit or container of kubelet, default kubelet',
      }),
    ),
    logged_within: Type.Optional(DurationArgument('kubelet must have complained of them in this time, default 10m')),
    min_age: Type.Optional(DurationArgument('what was changed more recently stays, default 30m')),
    allow_unmount: Type.Optional(
      Type.Enum(['none', 'tmpfs'], {
        description:
          'tmpfs: those of secrets, config maps, projected and downward-API volumes are unmounted; default none',
      }),
    ),
    value: Type.Optional(
      Type.Enum(['count', 'kept'], { description: 'what is the number: orphans that may go, or those that stay' }),
    ),
    max_pods: Type.Optional(Type.Integer({ minimum: 1, maximum: 10_000, description: 'more are refused, default 20' })),
  },
  { additionalProperties: false },
)

export type OrphanedPodsArgs = Static<typeof args>
