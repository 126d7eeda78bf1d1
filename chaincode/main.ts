import { readChaincodeConfig } from './config.ts';
import { serveChaincode } from './server.ts';

// A development network starts this process with a channel to itself and must not leave it behind.
process.on('disconnect', () => process.exit(0));

await serveChaincode(readChaincodeConfig(process.env));
process.send?.('serving');
