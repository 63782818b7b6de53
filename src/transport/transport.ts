import type { Endpoint, Transport } from '../model/transport.ts'
import type { RandomBytes } from './nonce.ts'

/** Opens hosts by the transport that each endpoint names; what is not used is not loaded. */
export function createTransport(options: { readonly randomBytes: RandomBytes }): Transport {
  const loaded = new Map<Endpoint['transport'], Promise<Transport>>()
  return {
    open: async (endpoint) => {
      const transport = loaded.get(endpoint.transport) ?? load(endpoint.transport, options.randomBytes)
      loaded.set(endpoint.transport, transport)
      return (await transport).open(endpoint)
    },
  }
}

async function load(name: Endpoint['transport'], randomBytes: RandomBytes): Promise<Transport> {
  switch (name) {
    case 'ssh2':
      return (await import('./ssh2-transport.ts')).createSsh2Transport({ randomBytes })
    case 'openssh':
      return (await import('./openssh-transport.ts')).createOpensshTransport({ randomBytes })
    case 'local':
      return (await import('./local-transport.ts')).createLocalTransport({ randomBytes })
  }
}
