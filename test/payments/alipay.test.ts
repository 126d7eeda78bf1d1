import { describeCrediting } from './crediting-contract.ts';
import { describeProvider } from './provider-contract.ts';
import { startAlipay } from './provider-pairs.ts';
import { describeRefunding } from './refunding-contract.ts';

describeProvider('Alipay', startAlipay);
describeCrediting('alipay', startAlipay);
describeRefunding('alipay', startAlipay);
