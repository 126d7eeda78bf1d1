/** The one channel of the network. */
export const CHANNEL = 'anchors';
export const CHAINCODE_VERSION = '1';

/** The loopback address by number: a name could be resolved to something else. */
export const HOST = '127.0.0.1';

export const BATCH_INTERVAL_MS = 50;
export const MOST_IN_BLOCK = 10;
