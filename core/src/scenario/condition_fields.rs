//! The description of a rule's conditions: the table `when` and those within it.

use crate::model::amount::Amount;
use crate::model::mtn_platform::MtnPlatform;
use crate::model::party::PartyIdType;
use crate::model::product::Product;
use crate::operations::request_schema::text_fields;
use crate::scenario::daytime::{TwoTimes, Weekday};
use crate::scenario::description::{field, needed, party_id_types, tables, words};
use crate::scenario::duration::Period;
use crate::scenario::field::{
    Boolean, Decimal, Field, Id, Likelihood, OneOf, Table, Text, Texts, Whole, WordOrList,
};
use crate::scenario::occurrence::{CountBy, CountingPeriod};
use crate::scenario::operation_set::{self, OperationSet};
use crate::scenario::read_when::PartyList;
use crate::scenario::table_fields::Bounds;

tables! {
    when: "`when`" {
        PRODUCT: OneOf<Product> = field("product", OneOf(products), "The product.");
        OPERATION: WordOrList<OperationSet> = field(
            "operation",
            WordOrList(operation_set::named),
            "The operation, a group of them, or a list; default: any submission.",
        );
        PARTY: PartyList = field(
            "party",
            PartyList,
            "The payer's or payee's id, exact or with * and ?; or a list of ids and ranges.",
        );
        PARTY_ID_TYPE: OneOf<PartyIdType> =
            field("party_id_type", OneOf(party_id_types), "The type of that id.");
        AMOUNT: Bounds =
            field("amount", Bounds(&amount::TABLE), "Bounds of the amount.");
        CURRENCY: Text = field("currency", Text, "The currency.");
        EXTERNAL_ID: Text = field("external_id", Text, "The external id, exact or with * and ?.");
        BODY: Texts = field("body", Texts(text_fields), "Other texts of the request.");
        API_USER: Id = field("api_user", Id, "The API user.");
        PLATFORM: OneOf<MtnPlatform> = field(
            "platform",
            OneOf(words),
            "The platform of MTN's production that knows the API user's credentials.",
        );
        SAME_PAYER_PENDING: Boolean = field(
            "same_payer_pending",
            Boolean,
            "Whether another request of the same payer is pending.",
        );
        CHANCE: Likelihood =
            field("chance", Likelihood, "Drawn from the reference: 0.1 is one in ten.");
        FIRST: Whole = field("first", COUNT, "Only the first ones, this many.");
        NTH: Whole = field("nth", COUNT, "Only the occurrence of this number, from 1.");
        EVERY: Whole = field("every", COUNT, "Only each one with this number, as 4, 8, 12.");
        AFTER_FIRST: Whole = field("after_first", COUNT, "Only those after so many.");
        PER: OneOf<CountingPeriod> =
            field("per", OneOf(words), "With what counting starts again, on the emulator's clock.");
        COUNT_BY: OneOf<CountBy> =
            field("count_by", OneOf(words), "Whose are counted together; default: api-user.");
        FROM: Period =
            field("from", Period, "Only from so long after the scenario came into force.");
        UNTIL: Period =
            field("until", Period, "Only this long after the scenario came into force.");
        BETWEEN: TwoTimes =
            field("between", TwoTimes, "Only at these times of the day, by the emulator's clock.");
        WEEKDAY: WordOrList<Weekday> =
            field("weekday", WordOrList(words), "Only on this day of the week, or these.");
    }

    party_range: "a range of parties" {
        FROM: Text = needed(
            "from",
            Text,
            "The lowest id.",
            "`from`",
            "write { from = \"256770000000\", to = \"256770999999\" }",
        );
        TO: Text = needed(
            "to",
            Text,
            "The highest id, of the same length.",
            "`to`",
            "write { from = \"256770000000\", to = \"256770999999\" }",
        );
    }

    amount: "`amount`" {
        EQUALS: Decimal<Amount> = field("equals", AMOUNT_TEXT, "This amount.");
        AT_LEAST: Decimal<Amount> = field("at_least", AMOUNT_TEXT, "This amount or more.");
        AT_MOST: Decimal<Amount> = field("at_most", AMOUNT_TEXT, "This amount or less.");
        MORE_THAN: Decimal<Amount> = field("more_than", AMOUNT_TEXT, "More than this amount.");
        LESS_THAN: Decimal<Amount> = field("less_than", AMOUNT_TEXT, "Less than this amount.");
    }
}

const COUNT: Whole = Whole { from: 1, to: u32::MAX };

const AMOUNT_TEXT: Decimal<Amount> = Decimal {
    parse: |text| Amount::parse(text).map_err(|error| error.to_string()),
    remedy: "write an amount such as \"100\" or \"12.5\"",
};

fn products() -> Vec<(&'static str, Product)> {
    Product::ALL.map(|product| (product.name(), product)).into()
}
