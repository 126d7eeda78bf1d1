import { describeCrediting } from './crediting-contract.ts';
import { describeProvider } from './provider-contract.ts';
import { startAlipay } from './provider-pairs.ts';

describeProvider('Alipay', startAlipay);
describeCrediting('alipay', startAlipay);
