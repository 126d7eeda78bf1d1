import { describeChain } from './chain-contract.ts';
import { devnetUnderTest } from './fabric-networks.ts';

describeChain('Fabric, development network', devnetUnderTest);
