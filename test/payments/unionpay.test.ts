import { describeCrediting } from './crediting-contract.ts';
import { describeProvider } from './provider-contract.ts';
import { startUnionPay } from './unionpay-pair.ts';

describeProvider('UnionPay', startUnionPay);
describeCrediting('unionpay', startUnionPay);
