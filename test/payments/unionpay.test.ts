import { describeCrediting } from './crediting-contract.ts';
import { describeProvider } from './provider-contract.ts';
import { startUnionPay } from './provider-pairs.ts';
import { describeRefunding } from './refunding-contract.ts';

describeProvider('UnionPay', startUnionPay);
describeCrediting('unionpay', startUnionPay);
describeRefunding('unionpay', startUnionPay);
