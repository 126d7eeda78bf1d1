import { describeProvider } from './provider-contract.ts';
import { startAlipay } from './provider-pairs.ts';

describeProvider('Alipay', startAlipay);
