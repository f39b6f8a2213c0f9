"""What can be submitted: where, with which body, and how its callback comes."""

from typing import NamedTuple

PAYER = "46733123999"
PAYEE = "46733123998"


class Operation(NamedTuple):
    name: str
    product: str
    version: str
    callback_method: str

    @property
    def path(self) -> str:
        return f"/{self.version}/{self.name}"

    @property
    def status_path(self) -> str:
        own = {"invoice", "payment", "preapproval", "cashtransfer"}
        return f"/v2_0/{self.name}" if self.name in own else f"/v1_0/{self.name}"

    def __str__(self) -> str:
        return f"{self.product}-{self.name}-{self.version}"


PAY = Operation("requesttopay", "collection", "v1_0", "POST")
WITHDRAW = Operation("requesttowithdraw", "collection", "v1_0", "POST")
WITHDRAW_2 = Operation("requesttowithdraw", "collection", "v2_0", "PUT")
INVOICE = Operation("invoice", "collection", "v2_0", "PUT")
PAYMENT = Operation("payment", "collection", "v2_0", "PUT")
PREAPPROVAL = Operation("preapproval", "collection", "v2_0", "PUT")
TRANSFER = Operation("transfer", "disbursement", "v1_0", "POST")
DEPOSIT = Operation("deposit", "disbursement", "v1_0", "POST")
DEPOSIT_2 = Operation("deposit", "disbursement", "v2_0", "PUT")
REFUND = Operation("refund", "disbursement", "v1_0", "POST")
REFUND_2 = Operation("refund", "disbursement", "v2_0", "PUT")
REMIT = Operation("transfer", "remittance", "v1_0", "POST")
CASH = Operation("cashtransfer", "remittance", "v2_0", "PUT")

ASKING = [PAY, WITHDRAW, WITHDRAW_2, INVOICE, PAYMENT, PREAPPROVAL]
PAYING_OUT = [TRANSFER, DEPOSIT, DEPOSIT_2, REMIT, CASH]
REFUNDING = [REFUND, REFUND_2]
ALL = ASKING + PAYING_OUT + REFUNDING


def without_id(operation: Operation, told: dict) -> dict:
    """A callback's body without what the status of its operation never has: a deposit's id."""
    hidden = {"financialTransactionId"} if operation.name == "deposit" else set()
    return {name: value for name, value in told.items() if name not in hidden}


def told_of(status: dict) -> dict:
    """What the callback says where the status says this: all but the message to the payer."""
    return {name: value for name, value in status.items() if name != "payerMessage"}


def body_of(operation: Operation, amount: str, party: str, more: dict) -> dict:
    """A good body; `more` is put into it."""
    who = {"partyIdType": "MSISDN", "partyId": party}
    order = {"amount": amount, "currency": "EUR", "externalId": "order-1"}
    bodies = {
        "requesttopay": {**order, "payer": who, "payerMessage": "for the goods"},
        "requesttowithdraw": {**order, "payer": who, "payeeNote": "thanks"},
        "invoice": {
            **order,
            "validityDuration": "3000",
            "intendedPayer": who,
            "payee": {"partyIdType": "MSISDN", "partyId": PAYEE},
            "description": "for the goods",
        },
        "payment": {
            "externalTransactionId": "order-1",
            "money": {"amount": amount, "currency": "EUR"},
            "customerReference": party,
            "serviceProviderUserName": "Electricity Inc.",
        },
        "preapproval": {
            "payer": who,
            "payerCurrency": "EUR",
            "payerMessage": "for the goods",
            "validityTime": 3000,
        },
        "refund": {**order, "payerMessage": "sorry"},
    }
    return {**bodies.get(operation.name, {**order, "payee": who}), **more}
