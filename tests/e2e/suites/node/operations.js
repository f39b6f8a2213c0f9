'use strict';
// What can be submitted: where, with which body, and how its callback comes.

const PAYER = '46733123999';

function operation(name, product, version, method, body) {
  const path = `/${version}/${name}`;
  return { name, product, path, method, body, label: `${product} ${name} ${version}` };
}

function who(partyId) {
  return { partyIdType: 'MSISDN', partyId };
}

function order(amount) {
  return { amount, currency: 'EUR', externalId: 'order-1' };
}

const asks = (amount, party) => ({ ...order(amount), payer: who(party) });
const pays = (amount, party) => ({ ...order(amount), payee: who(party) });

const PAY = operation('requesttopay', 'collection', 'v1_0', 'POST', asks);
const WITHDRAW = operation('requesttowithdraw', 'collection', 'v1_0', 'POST', asks);
const INVOICE = operation('invoice', 'collection', 'v2_0', 'PUT', (amount, party) => ({
  ...order(amount),
  validityDuration: '3000',
  intendedPayer: who(party),
  payee: who('46733123998'),
}));
const PAYMENT = operation('payment', 'collection', 'v2_0', 'PUT', (amount, party) => ({
  externalTransactionId: 'order-1',
  money: { amount, currency: 'EUR' },
  customerReference: party,
  serviceProviderUserName: 'Electricity Inc.',
}));
const PREAPPROVAL = operation('preapproval', 'collection', 'v2_0', 'PUT', (_, party) => ({
  payer: who(party),
  payerCurrency: 'EUR',
  payerMessage: 'for the goods',
  validityTime: 3000,
}));
const TRANSFER = operation('transfer', 'disbursement', 'v1_0', 'POST', pays);
const DEPOSIT = operation('deposit', 'disbursement', 'v1_0', 'POST', pays);
const REFUND = operation('refund', 'disbursement', 'v1_0', 'POST', order);
const REMIT = operation('transfer', 'remittance', 'v1_0', 'POST', pays);
const CASH = operation('cashtransfer', 'remittance', 'v2_0', 'PUT', pays);

/** A callback's body without what the status of its operation never has: a deposit's id. */
function withoutId({ name }, told) {
  const { financialTransactionId, ...rest } = told;
  return name === 'deposit' ? rest : told;
}

/** What the callback says where the status says this: all but the message to the payer. */
function toldOf({ payerMessage, ...told }) {
  return told;
}

module.exports = {
  withoutId,
  toldOf,
  PAYER,
  PAY,
  INVOICE,
  PREAPPROVAL,
  TRANSFER,
  REFUND,
  ASKING: [PAY, WITHDRAW, INVOICE, PAYMENT, PREAPPROVAL],
  PAYING_OUT: [TRANSFER, DEPOSIT, REMIT, CASH],
};
