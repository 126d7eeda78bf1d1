import { findFreePorts } from '../../chaincode/network/ports.ts';

/**
 * A port for what comes back where it was, such as a server that is killed and started again. It lies
 * below those that the system gives to who asks for any and to outgoing connections: in the moment in
 * which nobody listens there, no test beside this one is given it.
 */
export async function freePort(): Promise<number> {
  return await findFreePorts(1);
}
