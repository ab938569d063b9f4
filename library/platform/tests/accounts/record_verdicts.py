"""Records the decisions of another evaluator about random requests: `python -m tests.accounts.record_verdicts FOLDER`.

FOLDER has `@cloud-copilot/iam-simulate` installed (`npm install @cloud-copilot/iam-simulate`). It is no dependency of
the tests: its licence is AGPL-3.0.
"""

import json
import random
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

FILE: Final = Path(__file__).parent / "verdicts.json"
CASES: Final = 120
OURS, OTHERS = "100000000001", "100000000002"
ROLE: Final = f"arn:aws:iam::{OURS}:role/reader"
_TAGS: Final = ("dev", "prod")

_SCRIPT: Final = """
import { readFileSync } from 'node:fs';
import { loadPolicy } from '@cloud-copilot/iam-policy';
const engine = './node_modules/@cloud-copilot/iam-simulate/dist/esm';
const { authorize } = await import(`${engine}/core_engine/CoreSimulatorEngine.js`);
const { AwsRequestImpl } = await import(`${engine}/request/request.js`);
const { RequestContextImpl } = await import(`${engine}/requestContext.js`);
const { DiscoveryContextKeyConstraints } = await import(`${engine}/context_keys/discoveryContextKeyConstraints.js`);
const named = (policy, name) => policy ? loadPolicy(policy, { name }) : undefined;
const everything = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] };
const anyone = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Principal: '*', Action: '*', Resource: '*' }] };
const levels = policy => [{ orgIdentifier: 'root', policies: [named(policy, 'all')] }];
const decide = one => authorize({
  request: new AwsRequestImpl(
    one.principal, { resource: one.resource, accountId: one.account }, one.action, new RequestContextImpl(one.context)),
  identityPolicies: [named(one.identity, 'identity')],
  serviceControlPolicies: levels(everything),
  resourceControlPolicies: levels(anyone),
  resourcePolicy: named(one.resource_policy, 'resource'),
  permissionBoundaries: one.boundary ? [named(one.boundary, 'boundary')] : undefined,
  simulationParameters: {
    simulationMode: 'Strict', discoveryContextKeyConstraints: new DiscoveryContextKeyConstraints([]) },
  serviceSettings: { s3: {} },
});
const found = JSON.parse(readFileSync(0, 'utf8')).map(one => decide(one).result.result ?? decide(one).result);
process.stdout.write(JSON.stringify(found.map(one => one === 'Allowed')));
"""


def _condition(dice: random.Random) -> dict[str, Any]:
    key = dice.choice(["aws:ResourceTag/stack", "aws:RequestTag/stack", "aws:TagKeys"])
    if key == "aws:TagKeys":
        operator = dice.choice(["ForAllValues:StringEquals", "ForAnyValue:StringEquals"])
        return {operator: {key: dice.sample(["stack", "context", "owner"], 2)}}
    operator = dice.choice(
        ["StringEquals", "StringNotEquals", "StringLike", "StringNotLike", "StringEqualsIfExists", "Null"]
    )
    return {
        operator: {key: dice.choice(["true", "false"]) if operator == "Null" else dice.choice(["dev", "prod", "d*"])}
    }


def _statement(dice: random.Random, service: str, arns: list[str], principal: str | None = None) -> dict[str, Any]:
    actions = {"sqs": ["SendMessage", "ReceiveMessage", "Send*", "*"], "kms": ["Decrypt", "TagResource", "*"]}[service]
    excluding = dice.random() < 0.1
    statement: dict[str, Any] = {
        "Effect": dice.choice(["Allow"] * 9 + ["Deny"]),
        "NotAction" if excluding else "Action": [f"{service}:{dice.choice(actions[:2] if excluding else actions)}"],
        "Resource": dice.sample(arns, 1),
    }
    if dice.random() < 0.4:
        statement["Condition"] = _condition(dice)
    if principal is not None:
        statement["Principal"] = {"AWS": principal}
    return statement


def _policy(dice: random.Random, service: str, arns: list[str], principals: list[str] | None = None) -> dict[str, Any]:
    count = dice.randint(1, 4)
    chosen = [dice.choice(principals) if principals else None for _ in range(count)]
    return {"Version": "2012-10-17", "Statement": [_statement(dice, service, arns, principal) for principal in chosen]}


def _context(dice: random.Random) -> dict[str, Any]:
    context: dict[str, Any] = {}
    for name in ("aws:ResourceTag/stack", "aws:RequestTag/stack"):
        if dice.random() < 0.7:
            context[name] = dice.choice(_TAGS)
    if dice.random() < 0.7:
        context["aws:TagKeys"] = dice.sample(["stack", "context", "owner", "other"], 2)
    return context


_SERVICES: Final = {
    "sqs": ("orders", ["SendMessage", "ReceiveMessage"]),
    "kms": ("key/a1b2", ["Decrypt", "TagResource"]),
}
"""The services of the requests, each with a resource and its actions."""


def _case(dice: random.Random) -> dict[str, Any]:
    service = dice.choice(sorted(_SERVICES))
    account = dice.choice([OURS, OURS, OTHERS])
    name, actions = _SERVICES[service]
    arn = f"arn:aws:{service}:eu-west-1:{account}:{name}"
    principals = [ROLE, f"arn:aws:iam::{OURS}:root", f"arn:aws:iam::{OURS}:role/writer"]
    decisive = service == "kms"
    resource = _policy(dice, service, [arn, "*"], principals) if decisive or dice.random() < 0.6 else None
    return {
        "principal": ROLE,
        "action": f"{service}:{dice.choice(actions)}",
        "resource": arn,
        "account": account,
        "context": _context(dice),
        "identity": _policy(dice, service, [arn, f"{arn[:-2]}*", "*", f"{arn}-2"]),
        "boundary": _policy(dice, service, ["*", arn]) if dice.random() < 0.4 else None,
        "resource_policy": resource,
        "decisive": decisive,
    }


def cases(count: int, seed: int = 28) -> list[dict[str, Any]]:
    """Return random requests."""
    dice = random.Random(seed)  # noqa: S311 (no secret)
    return [_case(dice) for _ in range(count)]


def judged(folder: Path, examples: list[dict[str, Any]]) -> list[bool]:
    """Return the decisions of the package in a folder."""
    script = folder / "judge.mjs"
    script.write_text(_SCRIPT, encoding="utf-8")
    text = json.dumps(examples)
    ran = subprocess.run(["node", str(script)], cwd=folder, input=text, capture_output=True, text=True, check=True)  # noqa: S603, S607
    return json.loads(ran.stdout)


if __name__ == "__main__":
    all_cases = cases(CASES)
    answers = judged(Path(sys.argv[1]), all_cases)
    lines = [json.dumps({**case, "allowed": answer}) for case, answer in zip(all_cases, answers, strict=True)]
    FILE.write_text("[\n" + ",\n".join(lines) + "\n]\n", encoding="utf-8")
