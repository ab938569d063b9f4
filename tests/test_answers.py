"""Which answers are taken, which are refused, and in what words."""

import ast
import json
import re
import tomllib
from collections.abc import Mapping

import pytest
import yaml
from conftest import EXAMPLES, LONGEST, SHORTEST, VAT_RETURN
from hypothesis import assume, example, given
from hypothesis import strategies as st

from template import reserved
from template.answers import (
    CHOICES,
    DERIVED,
    RULES,
    STRATEGIES,
    BadAnswer,
    check,
    read_commands,
    read_fields,
    read_subscribers,
    refuse_unusable,
    types_of,
    typing_of,
)
from template.field_types import TYPES, named
from template.library import REPOSITORY
from template.names import _quoted
from template.questions import filled
from template.words import split_name

DEFAULTS = filled({})
START = "Make:creates:PaymentMade Drop:deletes:PaymentDropped"

TAKEN: list[Mapping[str, str]] = [
    {},
    VAT_RETURN,
    SHORTEST,
    LONGEST,
    {"plural": "PaymentRecords"},
    {"plural": "People"},
    {"plural": "ReinsuranceContractes"},
    {"display_name": "Überweisung"},
    {"display_name": "支払い"},
    {"display_name": "Оплата (наличными) № 1"},
    {"display_name": "あ" * 20},
    {
        "display_name": "\u0646\u0645\u06cc\u200c\u067e\u0631\u062f\u0627\u0632\u062f",
        "description": "\u0915\u094d\u200d\u0937 pays.",
    },
    {"display_name": "Pay 👩\u200d👩\u200d👧\u200d👦"},
    {"display_name": "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f Pay ❤️"},
    {"description": "Takes the partner's lists; 20% of them: late (a lot), and élan & co."},
    {"fields": "subscription_id:str"},
    {"fields": "subscription_id:str, amount:decimal,due_date:date", "subscribers": "bi,front-office"},
    {"commands": "Take:creates:PaymentTaken, Drop:deletes:PaymentDropped"},
    {"commands": f"{START} Allow(limit:decimal, by:phone:personal):changes:PaymentAllowed"},
    {
        "commands": f"{START} Hold(reason:own|other:personal):changes:PaymentHeld "
        "Free(reason:own|other:personal):changes:PaymentFreed"
    },
    {"commands": f"{START} Hold:changes:PaymentHeld:MADE Stop:changes:PaymentStopped:HELD|MADE"},
    {"fields": "subscription_id:str a1:int b_2:bool"},
    {"fields": " ".join(["subscription_id:str", *(f"f_{name}:{name}:personal" for name in TYPES)])},
    {"fields": "status_id:str model_year:int", "verification": "VerifyStatus"},
    {"fields": "title:str date:date type:str line:int reason:str match:bool", "verification": "none"},
    {"context_name": "Testimonial", "commands": "Add:creates:TestimonialAdded Drop:deletes:TestimonialDropped"},
    {"fields": "subscription_id:str:personal name:str:personal"},
    {"commands": "RegisterPayment:creates:PaymentRegistered DeletePayment:deletes:PaymentDeleted"},
    {"commands": "Register:creates:PaymentMade Undo:deletes:PaymentUndone Hold:changes:PaymentPutOnHold"},
    {"verification": "VerifyVATNumber", "fields": "vat_number_id:str"},
    {"verification": "none"},
    {"lists": "none", "verification": "VerifyPart", "fields": "part_id:str"},
    {"commands": "Take:creates:PaymentMade Hold:changes:PaymentL Drop:deletes:PaymentO"},
    {"commands": "AListOfPayments:creates:PaymentMade Drop:deletes:PaymentDropped"},
    {"verification": "none", "fields": "amount:decimal", "subscribers": "verify-subscription"},
    {"sftp": "none"},
    {"api": "none"},
    *EXAMPLES.values(),
    {"subscribers": "b2b front-office"},
    *({"strategy": name} for name in STRATEGIES),
    {"strategy": "Canary99Percent2880Minutes"},
    {"strategy": "Linear1PercentEvery29Minutes"},
    {"source": "codecommit", "pull_requests": "none"},
    {"pull_requests": "none"},
    {"region": "us-east-1"},
    {"region": "ap-southeast-2"},
    {"region": "us-gov-west-1"},
    {"region": "cn-north-1"},
    {"region": "eusc-de-east-1"},
    {"subscribers": "none"},
    {"plural": "KYCS"},
    {"commands": "Take:creates:PaymentKYC Undo:deletes:PaymentA"},
    {"commands": f"Take:creates:Payment{'Made' * 8} Drop:deletes:PaymentDropped"},
    {"verification": "VerifyKYC", "fields": "kyc_id:str"},
    {"owner": "Team 7 / payments@example.org"},
    {"library": "https://python.example.com:8443/index/"},
    {"library": "git"},
]

REFUSED: list[tuple[Mapping[str, object], str]] = [
    ({"fields": "subscription_id:str rows:decimal"}, "the library has a metric RowsImported"),
    (
        {
            "commands": "Take:creates:PaymentImported DeletePayment:deletes:PaymentDeleted",
            "fields": "subscription_id:str payment:decimal",
        },
        "type an event other than PaymentImported",
    ),
    ({"fields": "subscription_id:str net_1:decimal net1:decimal"}, "type Net1Imported once, not 2 times"),
    ({"subscribers": "bi true"}, "such as true-team, since true is a reserved word of YAML"),
    ({"subscribers": "bi bi-dead-letters"}, "which the dead-letter queue of bi has"),
    ({"subscribers": "bi uploads"}, "type a name other than uploads"),
    ({"subscribers": "unseen"}, "type a name other than unseen"),
    ({"subscribers": "bi inbound"}, "type a name other than inbound"),
    ({"subscribers": "relay-events"}, "type a name other than relay-events"),
    ({"subscribers": "verify-subscription"}, "type a name other than verify-subscription"),
    ({"library": "pip"}, "type wheel, git, or the address of your package index"),
    ({"region": "us-iso-east-1"}, "of the partitions aws, aws-cn, aws-eusc, aws-us-gov, such as us-gov-east-1, not"),
    ({"region": "eu-wst-1"}, "such as eu-west-1, not 'eu-wst-1'"),
    ({"region": "eu-west-4"}, "such as eu-west-3, not 'eu-west-4'"),
    ({"region": "aws-global"}, "not 'aws-global'"),
    ({"context_name": ""}, "type at least one word"),
    ({"context_name": "  "}, "type at least one word"),
    ({"context_name": 7}, "type the answer as one text in quotes, not '7', which YAML does not read as text"),
    ({"context_name": True}, "in quotes, not 'True'"),
    ({"fields": ["amount:decimal", "due:date"]}, "in quotes, such as 'amount:decimal due:date', not a list"),
    ({"commands": {"Add": "creates"}}, "in quotes, not"),
    ({"context_name": None}, "type at least one word"),
    ({"context_name": " Payment"}, "without spaces around it, not ' Payment'"),
    ({"context_name": "payment"}, "PascalCase such as Payment, not 'payment'"),
    ({"context_name": "direct-debit"}, "PascalCase"),
    ({"context_name": "Direct Debit"}, "PascalCase"),
    ({"context_name": "Direct_Debit"}, "PascalCase"),
    ({"context_name": "2Pay"}, "PascalCase"),
    ({"context_name": "VAT"}, "a lower-case letter in it, such as Vat, since VAT is a constant in the code"),
    ({"context_name": "KYC"}, "a lower-case letter in it, such as Kyc, since KYC is a constant in the code"),
    ({"context_name": "A1"}, "a lower-case letter in it, such as A1Record, since A1 is a"),
    ({"context_name": "A"}, "a lower-case letter in it, such as ARecord, since A is a"),
    ({"plural": "A"}, "in two letters or more such as Payments, not 'A'"),
    (
        {"commands": "KYC:creates:PaymentMade Drop:deletes:PaymentDropped"},
        "a name other than KYC, such as Kyc, since KYC is written like a constant",
    ),
    ({"context_name": "Zahlungsträger"}, "PascalCase"),
    ({"context_name": "../evil"}, "PascalCase"),
    ({"context_name": "a/b"}, "PascalCase"),
    ({"context_name": "/etc"}, "PascalCase"),
    ({"context_name": "PaymentDev"}, "a name without Dev, not 'PaymentDev'"),
    ({"context_name": "OrderStateLog"}, "a name without State"),
    ({"context_name": "True"}, "a name other than True"),
    ({"context_name": "Class"}, "a name other than Class, such as ClassRecord"),
    ({"context_name": "Match"}, "a name other than Match"),
    ({"context_name": "List"}, "a name other than List"),
    ({"context_name": "Exception"}, "a name other than Exception"),
    ({"context_name": "Json"}, "a name other than Json"),
    ({"context_name": "Infra"}, "a name other than Infra"),
    ({"context_name": "Test"}, "such as TestRecord, since Python, or a package of every repository, has a"),
    ({"context_name": "Docker"}, "such as DockerRecord, since every repository installs a package docker"),
    ({"context_name": "Attr"}, "a name other than Attr, such as AttrRecord"),
    ({"context_name": "Pywin32"}, "a name other than Pywin32"),
    ({"context_name": "Compression"}, "a name other than Compression"),
    ({"context_name": "Pydantic"}, "a name other than Pydantic"),
    ({"context_name": "Decimal"}, "a name other than Decimal"),
    ({"plural": "Rows", "context_name": "Row"}, "than Rows, such as RowRecords, since the code or the library has a"),
    ({"context_name": "Sample"}, "a name other than Sample"),
    ({"context_name": "Message"}, "a name other than Message"),
    (
        {
            "commands": "Add:creates:PersonAdded ListPeople:changes:PersonListed Drop:deletes:PersonDropped",
            "context_name": "Person",
            "plural": "People",
        },
        "a name other than ListPeople",
    ),
    ({"context_name": "Yes"}, "a name other than Yes"),
    ({"context_name": "TransferOfSecuritiesOrder"}, "a shorter name than 'TransferOfSecuritiesOrder'"),
    ({"plural": "payments"}, "the plural in PascalCase such as Payments, not 'payments'"),
    ({"plural": "Überweisungen"}, "the plural in PascalCase"),
    ({"plural": "Payment"}, "a name other than Payment, such as PaymentRecords, since one and many need two names"),
    ({"plural": "PAYMent", "context_name": "PAYMent"}, "one and many need two names"),
    ({"plural": "Functions"}, "a name other than Functions, such as PaymentRecords"),
    ({"plural": "Range"}, "a name other than Range"),
    ({"plural": "Class"}, "a name other than Class"),
    ({"plural": "ReinsuranceContractssx"}, "may have 22 characters"),
    ({"commands": "People:creates:PaymentA Drop:deletes:PaymentB", "plural": "People"}, "such as RegisterPayment"),
    ({"display_name": 'the "best"'}, "without"),
    ({"display_name": "(Payment)"}, "start with a letter"),
    ({"display_name": "x" * 41}, "at most 40 columns, not 41"),
    ({"display_name": "あ" * 21}, "at most 40 columns, not 42 (East Asian characters take two)"),
    ({"description": 'Says "hello"'}, 'plain words without ", not'),
    ({"description": "C:\\temp"}, "plain words without \\, not"),
    ({"description": "It is ''new''"}, "plain words without '', not"),
    ({"description": "[a] <b>"}, "plain words without < > [ ], not"),
    ({"display_name": "- a"}, "start with a letter, a digit or an emoji"),
    ({"display_name": "Pay\u200d"}, "one line"),
    ({"display_name": "Pay \u200dment"}, "one line"),
    ({"display_name": "Pay\u200b"}, "one line"),
    ({"display_name": "Pay\U000e0061\U000e0062\U000e0063\U000e007f"}, "one line"),
    ({"description": "two\nlines"}, "one line"),
    ({"description": "a\ttab"}, "one line"),
    ({"description": "bell\x07"}, "one line"),
    ({"description": "line\u2028separator"}, "one line"),
    ({"description": "right-to-left \u202e override"}, "one line"),
    ({"description": "= 1 + 1"}, "start with a letter"),
    ({"description": "x" * 101}, "at most 100 characters, not 101"),
    ({"description": "x" * 3000}, "at most 2200 characters, not 3000"),
    ({"fields": "amount"}, f"type amount: and one of {named()}, or values as in low|high, not 'amount:'"),
    ({"fields": "amount:money"}, "not 'amount:money'"),
    ({"fields": "urgency:|low"}, "different values of letters, digits, - and _, as in urgency:low|high, not '|low'"),
    ({"fields": "urgency:low|low"}, "type urgency: and different values"),
    ({"fields": "urgency:low|=1"}, "type urgency: and different values"),
    ({"fields": 'urgency:low|"'}, "type urgency: and different values"),
    ({"fields": f"urgency:{'x' * 30}|{'y' * 30}"}, "type fewer or shorter values for urgency"),
    ({"fields": " ".join(f"note_{number}:longtext" for number in range(5))}, "at most 4 fields of the type longtext"),
    ({"fields": "name:str:private"}, "name:str:personal, not 'private'"),
    ({"fields": "gender:m|f:personal"}, "type gender:str:personal, or leave out the mark: an erasure has no value for"),
    ({"fields": "l:str"}, "a name other than l, such as payment_l"),
    ({"commands": "Take:creates:PaymentI Drop:deletes:PaymentDropped"}, "an event other than PaymentI"),
    ({"commands": "Take:creates:PaymentO Drop:deletes:PaymentDropped"}, "an event other than PaymentO"),
    ({"plural": "Request"}, "a name other than Request, such as PaymentRecords"),
    ({"plural": "Running"}, "a name other than Running, such as PaymentRecords"),
    ({"verification": "VerifyPart", "fields": "part_id:str"}, "type none, not 'VerifyPart': every workflow has"),
    ({"verification": "VerifyParts", "fields": "parts_id:str"}, "every workflow has a state VerifyParts"),
    ({"context_name": "Pay\u00a0ment"}, "whose character 4 is U+00A0 NO-BREAK SPACE"),
    ({"fields": "amount:decimal\u3000due:date"}, "whose character 15 is U+3000 IDEOGRAPHIC SPACE"),
    ({"context_name": "P\u0430yment"}, "whose character 2 is U+0430 CYRILLIC SMALL LETTER A"),
    ({"fields": ","}, "type at least one word"),
    ({"fields": "dueDate:date"}, "snake_case such as due_date, not 'dueDate'"),
    ({"fields": "_due:date"}, "snake_case"),
    ({"fields": "due__date:date"}, "snake_case"),
    ({"fields": "due_:date"}, "snake_case"),
    ({"fields": "2nd:date"}, "snake_case"),
    ({"fields": ":date"}, "snake_case"),
    ({"fields": "montant_dû:decimal"}, "snake_case"),
    ({"fields": "class:str"}, "a name other than class, such as payment_class"),
    ({"fields": "json:str"}, "a name other than json"),
    ({"fields": "register:str"}, "payment_register, since every item or model has a register"),
    ({"fields": "mro:str"}, "a name other than mro"),
    ({"fields": "erased_at:timestamp"}, "a name other than erased_at"),
    ({"fields": "id:str"}, "the fields without id, since payment_id is there"),
    ({"fields": "payment_id:str"}, "the fields without payment_id"),
    ({"fields": "status:str"}, "a name other than status"),
    ({"fields": "traceparent:str"}, "a name other than traceparent"),
    ({"fields": "model_config:str"}, "a name other than model_config"),
    ({"fields": "model_dump_site:str"}, "a name other than model_dump_site"),
    ({"fields": "x" * 41 + ":str"}, "at most 40 characters"),
    ({"fields": "amount:int amount:decimal"}, "type amount once, not 2 times"),
    ({"fields": " ".join(f"f{number}:str" for number in range(31))}, "at most 30 fields, not 31"),
    ({"commands": "RegisterPayment"}, "Name:kind:Event"),
    ({"commands": "registerPayment:creates:PaymentRegistered"}, "Name:kind:Event"),
    ({"commands": "RegisterPayment:creates:payment_registered"}, "Name:kind:Event"),
    ({"commands": "RegisterPayment:creates:PaymentRegistered:x"}, "RegisterPayment:creates:PaymentRegistered, since"),
    ({"commands": f"{START} Hold:changes:PaymentHeld:x"}, "one of MADE after PaymentHeld:, not 'x'"),
    ({"commands": f"{START} Hold:changes:PaymentHeld:HELD"}, "one of MADE after PaymentHeld:, not 'HELD'"),
    ({"commands": f"{START} Hold:changes:PaymentHeld:MADE|MADE"}, "type MADE once, not 2 times"),
    ({"commands": f"{START} Hold(by:changes:PaymentHeld"}, "Name:kind:Event"),
    ({"commands": f"{START} Hold(by):changes:PaymentHeld"}, "type by: and one of"),
    ({"commands": f"{START} Hold(By:str):changes:PaymentHeld"}, "a field's name in snake_case"),
    ({"commands": f"{START} Hold(by:str:secret):changes:PaymentHeld"}, "by:str:personal, not 'secret'"),
    ({"commands": f"{START} Hold(amount:int):changes:PaymentHeld"}, "other than amount, which is a field"),
    ({"commands": f"{START} Hold(by:{'v' * 80}|w):changes:PaymentHeld"}, "fewer or shorter values for by"),
    ({"commands": f"{START} Hold(by:int by:int):changes:PaymentHeld"}, "type by once, not 2 times"),
    ({"commands": f"{START} Hold(by:int):changes:PaymentHeld Stop(by:str):changes:PaymentStopped"}, "by:int, as in"),
    ({"commands": "Make(by:str):creates:PaymentMade Drop:deletes:PaymentDropped"}, "Make without arguments"),
    ({"commands": "RegisterPayment:makes:PaymentRegistered"}, "one of creates, changes, deletes"),
    ({"commands": "RegisterPayment:creates:PaymentRegistered"}, "exactly one command of the kind deletes, not 0"),
    ({"commands": "DeletePayment:deletes:PaymentDeleted"}, "exactly one command of the kind creates, not 0"),
    ({"commands": "A1a:creates:PaymentA B1b:creates:PaymentBb C1c:deletes:PaymentCc"}, "creates, not 2"),
    ({"commands": "Start:creates:PaymentOpened Start:deletes:PaymentDeleted"}, "type Start once, not 2 times"),
    ({"commands": "Start:creates:PaymentOpened Drop:deletes:PaymentOpened"}, "not PaymentOpened, which Start has"),
    ({"commands": "GetPayment:changes:PaymentGot"}, "since get_payment is a query of every context"),
    ({"commands": "TestPayment:creates:PaymentTested"}, "CheckPayment, since pytest runs what starts with Test"),
    ({"commands": "Pay:changes:PaymentPaid PayPayment:changes:PaymentMade"}, "since Pay has the action pay too"),
    ({"commands": "Start:creates:InvoiceOpened Drop:deletes:PaymentDropped"}, "PaymentRegistered, not InvoiceOpened"),
    ({"commands": "Start:creates:Payment Drop:deletes:PaymentDropped"}, "PaymentRegistered, not Payment."),
    ({"commands": "Start:creates:Paymentopened Drop:deletes:PaymentDropped"}, "not Paymentopened"),
    ({"commands": "Start:creates:PaymentListImported Drop:deletes:PaymentDropped"}, "not PaymentListImported"),
    ({"commands": "ImportList:creates:PaymentMade Drop:deletes:PaymentDropped"}, "a name other than ImportList"),
    ({"commands": "Import:creates:PaymentMade Drop:deletes:PaymentDropped"}, "a name other than Import"),
    ({"commands": "PaymentDetail:creates:PaymentMade Drop:deletes:PaymentDropped"}, "a name other than PaymentDetail"),
    ({"commands": "Run:creates:PaymentMade Drop:deletes:PaymentDropped"}, "a name other than Run"),
    ({"commands": f"R{'x' * 50}:creates:PaymentMade Drop:deletes:PaymentDropped"}, "may have 48 characters"),
    ({"commands": "KeyError:creates:PaymentMade Drop:deletes:PaymentDropped"}, "since KeyError is a reserved word"),
    ({"verification": "CheckSubscription"}, "none, not 'CheckSubscription': the name is Verify and"),
    ({"verification": "Verify"}, "the name of another context"),
    ({"verification": "VerifyPayment"}, "or none, not 'VerifyPayment': Payment is this context"),
    ({"verification": "VerifyList"}, "List is a reserved word"),
    ({"verification": "VerifyCustomer"}, "VerifySubscription or none, not 'VerifyCustomer': add customer_id:str"),
    ({"verification": "VerifyCustomer", "fields": "customer_id:int"}, "add customer_id:str to fields"),
    ({"verification": "None"}, "VerifySubscription or none, not 'None'"),
    ({"verification": "VerifyTrue"}, "True is a reserved word"),
    ({"verification": "VerifySubscription", "fields": "amount:int"}, "type none, not 'VerifySub"),
    ({"commands": "VerifyList:creates:PaymentMade Drop:deletes:PaymentDropped"}, "a name other than VerifyList"),
    ({"subscribers": "verify-list", "verification": "none"}, "type a name other than verify-list"),
    ({"verification": "VerifyA", "fields": "a_id:str"}, "has 2 to 32 characters, not 1"),
    ({"verification": f"Verify{'Abcd' * 7}", "fields": f"{'_'.join(['abcd'] * 7)}_id:str"}, "32 characters, not 34"),
    ({"sftp": "shared"}, "type one of dedicated, none, not 'shared'"),
    ({"api": "rest"}, "type one of http, none, not 'rest'"),
    ({"verification": "VerifyPayer", "fields": "payer_id:str", "commands": (
        "Start:creates:PaymentOpened VerifyPayer:changes:PaymentPayerVerified Drop:deletes:PaymentDropped"
    )}, "VerifyPayer is a command already"),
    ({"subscribers": "bi none"}, "type none alone for no subscriber, or leave it out, not 'bi none'"),
    ({"owner": "aws:team"}, "not 'aws:team', since AWS keeps what begins with aws: for itself"),
    ({"owner": "AWS:team"}, "since AWS keeps"),
    (
        {"commands": f"Take:creates:Payment{'Made' * 11} Drop:deletes:PaymentDropped"},
        "may have 40 characters in code",
    ),
    ({"subscribers": "b"}, "2 to 32 lower-case letters"),
    ({"subscribers": "BI"}, "2 to 32 lower-case letters"),
    ({"subscribers": "front_end"}, "2 to 32 lower-case letters"),
    ({"subscribers": "front-"}, "2 to 32 lower-case letters"),
    ({"subscribers": "s" * 29}, "may have 28 characters in AWS names"),
    ({"subscribers": "bi bi"}, "type bi once, not 2 times"),
    ({"subscribers": " ".join(f"s{number}" for number in range(11))}, "at most 10 names, not 11"),
    ({"strategy": "canary"}, "type one of Canary10Percent5Minutes, Canary10Percent10Minutes, "),
    ({"strategy": "Canary10Percent"}, "or one of your own such as Canary25Percent20Minutes, not 'Canary10Percent'"),
    ({"strategy": "Linear10Percent5Minutes"}, "type one of Canary10Percent5Minutes"),
    ({"strategy": "Canary0Percent5Minutes"}, "shifts 1 to 99 percent at first, not 0"),
    ({"strategy": "Canary100Percent5Minutes"}, "shifts 1 to 99 percent at first, not 100"),
    ({"strategy": "Canary10Percent2881Minutes"}, "takes 1 to 2880 minutes, not 2881"),
    ({"strategy": "Linear1PercentEvery30Minutes"}, "takes 1 to 2880 minutes, not 2970"),
    ({"strategy": "Canary10Percent0Minutes"}, "takes 1 to 2880 minutes, not 0"),
    ({"strategy": f"Canary{'1' * 5000}Percent5Minutes"}, "type at most 2200 characters"),
    ({"strategy": f"Canary{'1' * 50}Percent5Minutes"}, "type one of Canary10Percent5Minutes"),
    ({"strategy": "Canary\uff11\uff10Percent5Minutes"}, "type one of Canary10Percent5Minutes"),
    ({"source": "github"}, "type one of codeconnections, codecommit, not 'github'"),
    ({"pull_requests": "gitlab"}, "type one of github, none, not 'gitlab'"),
    (
        {"pull_requests": "github", "source": "codecommit"},
        "type none, not 'github', since the sources are in CodeCommit",
    ),
    ({"region": "Frankfurt"}, "such as eu-west-1, not 'Frankfurt'"),
    ({"owner": 'the "team"'}, "a team such as payments-team"),
    ({"owner": "team\\"}, "a team such as payments-team"),
    ({"owner": "team'"}, "a team such as payments-team"),
    ({"owner": "x" * 61}, "a team such as payments-team"),
]  # fmt: skip

TEXTS = ["display_name", "description", "owner"]
"""The questions that take a text, which is data wherever it is written."""

CHARACTERS = st.characters(exclude_categories=["C", "Zl", "Zp"], exclude_characters='"\\`<>{}$|[]')

INJECTIONS = [
    "'''",
    '"""',
    "'; import os; os.system('touch pwned') #",
    '"; import os; os.system("touch pwned"); "',
    "''' + __import__('os').getcwd() + '''",
    "\\' + evil() + \\'",
    "two\nlines",
    "{{ 7 * 7 }}",
    "{% raw %}",
    "<< 7 * 7 >>",
    "<% if 1 %>",
    "<# a #>",
    "${{ secrets.TOKEN }}",
    "{{resolve:ssm:secret}}",
    "$(touch pwned)",
    "`touch pwned`",
    "../../etc/passwd",
    "a\x00b",
    "[link](javascript:alert)",
    "<script>",
    "| a table",
]


@pytest.mark.parametrize("answers", TAKEN)
def test_supported_answers_are_accepted(answers: Mapping[str, str]) -> None:
    """No sentence, and so no refusal."""
    assert check({**DEFAULTS, **answers}) == []


@pytest.mark.parametrize(("answers", "sentence"), REFUSED)
def test_a_rejected_answer_names_the_remedy(answers: Mapping[str, object], sentence: str) -> None:
    """The first sentence is about the answer that was changed, and says what to type instead."""
    question = next(iter(answers))
    sentences = check({**DEFAULTS, **answers})
    assert any(said.startswith(f"{question}: type ") and sentence in said for said in sentences), sentences
    assert all(said.endswith(".") and "\n" not in said for said in sentences)


CLAIM = re.compile(
    rf"\b(list's|workflow|another (queue|metric)|a metric already|path|the code has .*"
    rf"\b({'|'.join(reserved.DEPLOYED)})$)\b"
)
"""What only a context with lists or an API has. `_` is a part of a word."""
WITHOUT = {"lists": "none", "sftp": "none", "api": "none", "verification": "none", "subscribers": "none"}


def test_a_reason_is_true_without_lists_and_an_api() -> None:
    """Also for the names of functions, queues and metrics that such a context lacks. A false reason is detected."""
    functions = ["".join(map(str.capitalize, name.split("_"))) for name in reserved.DEPLOYED]
    commands = [f"{name}:creates:PaymentMade Drop:deletes:PaymentDropped" for name in functions]
    answers: list[Mapping[str, object]] = [given for given, _ in REFUSED if not set(given) & set(WITHOUT)]
    answers += [{"commands": text} for text in commands]
    answers += [{"subscribers": name} for name in ("uploads", "unseen", "inbound", "sweep-uploads")]
    answers += [{"fields": f"{name}:decimal"} for name in ("rows_imported", "lists", "lists_failed")]
    answers += [
        {"plural": "ImportList"},
        {"context_name": "Lists", "commands": "Take:creates:ListsFailed Drop:deletes:ListsGone"},
    ]
    said = [sentence for given in answers for sentence in check({**DEFAULTS, **WITHOUT, **given})]
    assert len(said) > len(answers)
    assert [sentence for sentence in said if CLAIM.search(sentence.rstrip("."))] == []
    assert CLAIM.search("type one command (a list's import creates)")
    assert CLAIM.search("the code has a variable or a function import_list")


NAMES = reserved.DISTRIBUTIONS | reserved.MODULES | reserved.FOLDERS | reserved.VARIABLES | reserved.WORDS
OFFER = re.compile(r"type a name [^,]*, such as ([\w-]+), since ")


def test_a_refusal_names_an_answer_that_is_accepted() -> None:
    """Of a name that Python, a package, the library or a repository has; a longer one may be too long for AWS."""
    names = {*reserved.CLASSES, *("".join(map(str.capitalize, name.split("_"))) for name in NAMES)}
    candidates = {"context_name": names | {name.upper() for name in names}, "plural": names}
    candidates |= {"fields": {f"{name}:str" for name in reserved.FIELDS}, "subscribers": {*reserved.YAML, "inbound"}}
    for question, answers in candidates.items():
        refused = [said for answer in answers for said in check({question: answer})]
        others = [match[1] for said in refused if (match := OFFER.search(said))]
        types = ":str" if question == "fields" else ""
        assert [said for other in others for said in check({question: other + types})] == []
        assert len(others) > 0.9 * sum("type a name other than" in said for said in refused)


WORDS = sorted(
    {
        *split_name(
            "ReturnReleaseImportCloseOpenPrintCallContinueBreakRaisePassMatchFilterMapSumRangeYieldAwaitDelete"
        ),
        *split_name("TryAssertSetHashHelpFormatRoundNextSortedRegisterPeopleLoan"),
        *(reserved.CLASSES | {"".join(map(str.capitalize, name.split("_"))) for name in NAMES}),
    }
    - {""}
)
"""Names of commands: verbs that Python reserves, and all names that the library, a package or a repository has."""


@pytest.mark.parametrize("context", ["Loan", "VATReturn", "ReinsuranceContract"])
def test_a_refused_command_is_offered_an_accepted_name_with_its_words(context: str) -> None:
    """`ReturnLoan` for `Return`, and never `RegisterLoan`: that is another command."""
    refused = {word: said for word in WORDS if (said := check(_with_command(word, context)))}
    offers = {word: offer[1] for word, said in refused.items() for offer in [OFFER.search(said[0])] if offer}
    assert [word for word, offer in offers.items() if check(_with_command(offer, context))] == []
    other = [word for word, offer in offers.items() if not all(part in offer for part in split_name(word))]
    assert [word for word in other if not word.startswith("Test") and word != context] == []
    assert len(offers) > 0.9 * len(refused) > 180


def _with_command(name: str, context: str) -> dict[str, str]:
    commands = f"Start:creates:{context}Made {name}:changes:{context}Held Drop:deletes:{context}Dropped"
    return {"context_name": context, "plural": f"{context}s", "commands": commands}


@pytest.mark.parametrize("context", ["Payment", "ReinsuranceContract", "Model", "List"])
def test_a_refused_field_is_offered_an_accepted_name(context: str) -> None:
    """Also in a context with a long name, and beside a field of the offered name."""
    answers = {"context_name": context} if not check({"context_name": context}) else {}
    fields = {*(f"{name}:str" for name in reserved.FIELDS), "l:str", "class:str", "rows:decimal", "lists:decimal"}
    said = [said for field in fields for said in check({**answers, "fields": field})]
    offers = {f"{offer[1]}:decimal" for sentence in said if (offer := OFFER.search(sentence))}
    assert [said for offer in offers for said in check({**answers, "fields": offer})] == []
    assert len(offers) > 0.7 * len(said) > 20


@pytest.mark.parametrize("context", ["Payment", "ReinsuranceContract"])
def test_a_refused_subscriber_is_offered_an_accepted_name(context: str) -> None:
    """Also where the name and its end would be too long."""
    answers = {**DEFAULTS, "context_name": context, "verification": f"Verify{'Abcd' * 5}"}
    names = [*reserved.YAML, "verify-abcd-abcd-abcd-abcd-abcd", *(name.replace("_", "-") for name in reserved.DEPLOYED)]
    for name in names:
        for offer in filter(None, map(OFFER.search, check({**answers, "subscribers": name}))):
            assert [
                said for said in check({**answers, "subscribers": offer[1]}) if said.startswith("subscribers")
            ] == []


def test_a_reserved_verb_keeps_its_meaning() -> None:
    """The first words of a domain are often Python's."""
    [said] = check(_with_command("Return", "Loan"))
    assert OFFER.findall(said) == ["ReturnLoan"]


@pytest.mark.parametrize("question", RULES)
@pytest.mark.parametrize("injection", INJECTIONS)
def test_no_question_accepts_an_injection(question: str, injection: str) -> None:
    """Code, paths, markup and template signs are refused everywhere."""
    assert check({**DEFAULTS, question: injection})
    if question not in TEXTS:
        assert check({**DEFAULTS, question: DEFAULTS[question] + injection})


@given(st.text(CHARACTERS, max_size=98).map("a{}z".format), st.sampled_from(TEXTS))
@example("It's #1: 'x'; import os; os.system('x') & more = * _y_", "description")
@example("a: b", "owner")
def test_an_accepted_text_is_the_same_text_wherever_it_is_written(text: str, question: str) -> None:
    """In the quotes of Python, TOML, YAML and JSON, and in a docstring."""
    assume(not check({question: text}))
    quoted = _quoted(text)
    assert ast.literal_eval(quoted) == ast.literal_eval(f'"{text}"') == ast.literal_eval(f'"""{text}"""') == text
    assert (
        tomllib.loads(f"a = {quoted}")
        == yaml.safe_load(f"a: {quoted}")
        == json.loads(f'{{"a": {quoted}}}')
        == {"a": text}
    )


# The first text that is drawn waits for hypothesis to make its tables of Unicode.
@given(st.dictionaries(st.sampled_from(list(RULES)), st.text() | st.none() | st.integers() | st.lists(st.text())))
def test_checking_never_fails(answers: dict[str, object]) -> None:
    """Whatever is answered, the check ends with sentences and not with an exception."""
    assert all(isinstance(sentence, str) for sentence in check(answers))


def test_a_bad_answer_is_not_blamed_on_the_next_question() -> None:
    """Commands are checked against the context's name only if that name is good."""
    assert len(check({**DEFAULTS, "context_name": "evil"})) == 1


def test_a_whole_context_needs_every_answer() -> None:
    """A replay file of an older template lacks some. The error names the question."""
    with pytest.raises(BadAnswer, match=r"^owner: "):
        refuse_unusable({question: answer for question, answer in DEFAULTS.items() if question != "owner"})


def test_a_derived_name_cannot_be_overridden() -> None:
    """Derived names become folders, so they are not the user's to choose."""
    derived = {f"__{name}": derive(DEFAULTS) for name, derive in DERIVED.items()}
    refuse_unusable({**DEFAULTS, **derived})
    with pytest.raises(BadAnswer, match=r"^__package: .*: payment\.$"):
        refuse_unusable({**DEFAULTS, **derived, "__package": "../evil"})


def test_a_command_has_its_function_and_status() -> None:
    """``PaymentPutOnHold`` of Payment is the status PUT_ON_HOLD."""
    command = read_commands("HoldPayment:changes:PaymentPutOnHold", "Payment")[0]
    assert (command.name, command.snake, command.kind) == ("HoldPayment", "hold_payment", "changes")
    assert (command.event, command.status) == ("PaymentPutOnHold", "PUT_ON_HOLD")


def test_fields_name_the_types_to_import() -> None:
    """Sorted as ruff sorts names of an import, and each once."""
    fields = read_fields("a:date b:decimal c:date d:low|high")
    assert types_of(fields) == ("Amount", "Day", "Identifier")
    assert typing_of(fields) == ("from typing import Literal",)
    assert typing_of(fields[:3]) == ()


def test_the_question_and_the_refusal_name_every_type() -> None:
    """Numbered types by the first and the last."""
    question = json.loads((REPOSITORY / "cookiecutter.json").read_text(encoding="utf-8"))["__prompts__"]["fields"]
    assert named() in question
    numbered = {f"{name}{number}" for name in ("decimal", "signed") for number in range(5)}
    assert {word for name in named().split(", ") for word in name.split(" to ")} | numbered == set(TYPES)


@pytest.mark.parametrize(
    ("fields", "step"),
    [
        ("subscription_id:str amount:decimal", "VerifySubscription"),
        ("amount:decimal, vat_number_id:str, other_id:str", "VerifyVatNumber"),
        ("amount:decimal customer_id:int", "none"),
        ("a_id:str true_id:str customer_id:str", "VerifyCustomer"),  # the first two could not be answered
        ("amount:decimal", "none"),
    ],
)
def test_the_verification_follows_from_the_fields(fields: str, step: str) -> None:
    """It looks up the first field that is an id of something else, where that step may be answered."""
    answers = filled({"fields": fields})
    assert answers["verification"] == step
    assert check(answers) == []


def test_changes_are_reviewed_on_github_unless_the_sources_are_elsewhere() -> None:
    """Answers of before the question was asked are good ones still."""
    assert filled({})["pull_requests"] == "github"
    old = filled({"source": "codecommit"})
    assert (old["pull_requests"], check(old)) == ("none", [])


def test_names_are_separated_by_commas_as_well_as_by_spaces() -> None:
    """However people write a list."""
    assert read_fields("a:int,b:str") == read_fields("a:int  b:str") == read_fields("a:int, b:str,")
    assert read_subscribers("bi, front-office,") == ("bi", "front-office")
    assert read_subscribers("none") == ()


def test_choices_are_lists_of_accepted_values() -> None:
    """Whoever asks shows them; the first is the default."""
    questions = json.loads((REPOSITORY / "cookiecutter.json").read_text())
    choices = {
        question: tuple(value)
        for question, value in questions.items()
        if isinstance(value, list) and question[0] != "_"
    }
    assert choices == CHOICES
