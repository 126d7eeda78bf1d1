import { describeCrediting } from './crediting-contract.ts';
import { describeProvider } from './provider-contract.ts';
import { startUnionPay } from './provider-pairs.ts';

describeProvider('UnionPay', startUnionPay);
describeCrediting('unionpay', startUnionPay);
