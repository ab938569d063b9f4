"""The names of policies before version 0.4.0. Waivers of older repositories contain them."""

from typing import Final

RENAMED: Final = {
    "alarms-say-what-to-do": "alarms-name-runbooks",
    "alarms-tell-somebody": "alarms-have-recipients",
    "aliases-are-the-rollouts": "rollouts-control-aliases",
    "data-survives": "data-is-protected",
    "dead-letters-are-kept": "dead-letters-are-retained",
    "failed-messages-have-time-left": "dead-letters-outlive-messages",
    "failures-are-partial": "batches-report-failed-items",
    "functions-are-released": "functions-have-deployment-groups",
    "functions-fail-loudly": "functions-have-error-alarms",
    "messages-stay-invisible": "visibility-timeouts-are-long-enough",
    "no-permission-is-a-wildcard": "permissions-name-actions",
    "nobody-at-large-comes-in": "resource-policies-are-not-public",
    "permissions-are-written-here": "roles-have-no-aws-managed-policies",
    "policies-fit": "role-policies-fit-the-quota",
    "routes-ask-who-calls": "routes-authenticate-callers",
    "somebody-is-told-of-dead-letters": "dead-letters-have-alarms",
    "tables-refuse-deletion": "tables-have-deletion-protection",
}
