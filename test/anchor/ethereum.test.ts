import { describeChain } from './chain-contract.ts';
import { ethereumUnderTest } from './ethereum-networks.ts';

describeChain('Ethereum, chain in this process', ethereumUnderTest);
