# ruff: noqa: E501
"""The definition of the state machine that moves the aliases of a release."""

from typing import Any, Final

Json = Any

_TRANSIENT: Final = [
    {
        "ErrorEquals": [
            *("CodeDeploy.SdkClientException", "CodeDeploy.ThrottlingException", "CodeDeploy.InternalServerError"),
            *("Lambda.SdkClientException", "Lambda.ThrottlingException", "Lambda.InternalServerError"),
            *("Sfn.SdkClientException", "Sfn.ThrottlingException", "Sfn.InternalServerError", "Sfn.ConflictException"),
            *("CloudWatch.SdkClientException", "CloudWatch.ThrottlingException", "CloudWatch.InternalServerError"),
            *("DynamoDB.SdkClientException", "DynamoDB.ProvisionedThroughputExceededException"),
            "DynamoDB.InternalServerError",
        ],
        "IntervalSeconds": 2,
        "BackoffRate": 1.5,
        "MaxAttempts": 8,
        "MaxDelaySeconds": 15,
    }
]
_ALL: Final = "States.ALL"
_LOST: Final = "DynamoDB.ConditionalCheckFailedException"
POLL: Final = 5


def definition(table: str) -> Json:
    """Return the definition. `table` has the record of releases."""
    return {"StartAt": "Lock", "States": {**_lock(table), **_parts(table), **_machine(table), **_ends(table)}}


def _task(api: str, parameters: Json, following: str, path: str | None = None, **catch: str) -> Json:
    catchers = [
        {"ErrorEquals": [name.replace("_", ".")], "ResultPath": "$.error", "Next": to} for name, to in catch.items()
    ]
    return {
        "Type": "Task",
        "Resource": f"arn:aws:states:::aws-sdk:{api}",
        "Parameters": parameters,
        "ResultPath": path,
        "Retry": _TRANSIENT,
        **({"Catch": catchers} if catchers else {}),
        "Next": following,
    }


def _choice(default: str, *rules: Json) -> Json:
    return {"Type": "Choice", "Choices": [*rules], "Default": default}


def _if(variable: str, following: str, **comparison: Json) -> Json:
    return {"Variable": variable, **comparison, "Next": following}


def _wait(following: str) -> Json:
    return {"Type": "Wait", "Seconds": POLL, "Next": following}


def _set(path: str, value: Json, following: str) -> Json:
    return {"Type": "Pass", "Parameters": value, "ResultPath": path, "Next": following}


def _update(table: str, expression: str, values: Json, following: str, names: Json = None, **catch: str) -> Json:
    parameters: Json = {
        "TableName": table,
        "Key": {"pk": {"S": "RELEASE"}},
        "UpdateExpression": expression,
        "ConditionExpression": "holder = :me",
        "ExpressionAttributeValues": {":me": {"S.$": "$.release"}, **values},
    }
    if names:
        parameters["ExpressionAttributeNames"] = names
    return _task("dynamodb:updateItem", parameters, following, **catch)


def _lock(table: str) -> Json:
    """Lock the record. The number of the run in the condition proves that no other release ran since the survey."""
    lock = _update(
        table,
        "SET holder = :me, direction = :direction, whole = if_not_exists(whole, :whole)",
        {
            ":direction": {"S.$": "$.direction"},
            ":whole": {"S.$": "$.whole"},
            ":run": {"N.$": "States.Format('{}', $.run)"},
        },
        "Direction",
        **{_LOST.replace(".", "_"): "Conflict"},
    )
    lock["Parameters"]["ConditionExpression"] = (
        "(attribute_not_exists(holder) AND (#run = :run OR attribute_not_exists(#run))) OR holder = :me"
    )
    lock["Parameters"]["ExpressionAttributeNames"] = {"#run": "run"}
    return {
        "Lock": lock,
        "Conflict": {"Type": "Pass", "Result": {"result": "conflict"}, "End": True},
        "Direction": _choice("Functions", _if("$.direction", "Aim", StringEquals="back")),
        "Aim": _update(
            table,
            "SET whole = :whole, moved = :moved REMOVE previous",
            {":whole": {"S.$": "$.targets"}, ":moved": {"BOOL": True}},
            "MachineBack",
        ),
    }


def _parts(table: str) -> Json:
    return {
        "Functions": {
            "Type": "Map",
            "ItemsPath": "$.functions",
            "ItemSelector": {
                "f.$": "$$.Map.Item.Value",
                "release.$": "$.release",
                "direction.$": "$.direction",
                "application.$": "$.application",
                "note.$": "$.note",
                "overrides.$": "$.overrides",
                "polls.$": "$.polls",
                "tries": 0,
                "stopped": False,
            },
            "ItemProcessor": {"StartAt": "Recent", "States": _function(table)},
            "ResultPath": "$.results",
            "Next": "AllMoved",
        },
        "AllMoved": _set("$.failed", {"any.$": "States.ArrayContains($.results[*].ok, false)"}, "Moved"),
        "Moved": _choice(
            "Machine",
            _if("$.failed.any", "EndFailed", BooleanEquals=True),
            _if("$.direction", "EndBack", StringEquals="back"),
        ),
    }


def _function(table: str) -> Json:
    alias = {"FunctionName.$": "$.f.aws_name", "Name.$": "$.f.alias"}
    group = {"ApplicationName.$": "$.application", "DeploymentGroupName.$": "$.f.group"}
    own = "$.recent.DeploymentsInfo[?(@.Description == $.note && @.ErrorInformation.Code not in ('INVALID_LAMBDA_CONFIGURATION', 'THROTTLED'))]"
    return {
        # An own deployment whose creation was not answered.
        "Recent": _task(
            "codedeploy:listDeployments",
            {**group, "CreateTimeRange": {"Start.$": "$$.Execution.StartTime"}},
            "AnyRecent",
            "$.listed",
            States_ALL="Broken",
        ),
        "AnyRecent": _set("$.count", {"n.$": "States.ArrayLength($.listed.Deployments)"}, "IsRecent"),
        "IsRecent": _choice("ReadRecent", _if("$.count.n", "ReadAlias", NumericEquals=0)),
        "ReadRecent": _task(
            "codedeploy:batchGetDeployments",
            {"DeploymentIds.$": "$.listed.Deployments"},
            "Own",
            "$.recent",
            States_ALL="Broken",
        ),
        "Own": _set("$.own", {"list.$": own}, "IsOwn"),
        "IsOwn": _choice("ReadAlias", _if("$.own.list[0]", "Adopt", IsPresent=True)),
        "Adopt": _set("$.made", {"DeploymentId.$": "$.own.list[0].DeploymentId"}, "Follow"),
        "ReadAlias": _task("lambda:getAlias", alias, "Position", "$.alias", States_ALL="Broken"),
        "Position": _set(
            "$.at",
            {
                "live.$": "States.StringToJson($.alias.FunctionVersion)",
                "target.$": "States.StringToJson($.f.target)",
            },
            "Route",
        ),
        "Route": _choice(
            "TooOften",
            _if("$.alias.RoutingConfig.AdditionalVersionWeights", "Split", IsPresent=True),
            _if("$.alias.FunctionVersion", "Arrived", StringEqualsPath="$.f.target"),
            {
                "And": [
                    {"Variable": "$.direction", "StringEquals": "forward"},
                    {"Variable": "$.at.live", "NumericGreaterThanPath": "$.at.target"},
                ],
                "Next": "Overtaken",
            },
        ),
        "Split": _choice("Leftover", _if("$.direction", "Unify", StringEquals="back")),
        "Unify": _task(
            "lambda:updateAlias",
            {
                **alias,
                "FunctionVersion.$": "$.alias.FunctionVersion",
                "RoutingConfig": {"AdditionalVersionWeights": {}},
                "RevisionId.$": "$.alias.RevisionId",
            },
            "ReadAlias",
            States_ALL="Pause",
        ),
        "Arrived": _choice(
            "UpToDate",
            {
                "And": [
                    {"Variable": "$.direction", "StringEquals": "forward"},
                    {"Variable": "$.f.pending", "StringEqualsPath": "$.f.target"},
                ],
                "Next": "Unproven",
            },
        ),
        "TooOften": _choice("Pending", _if("$.tries", "Overtaken", NumericGreaterThan=60)),
        "Pending": _update(
            table,
            "SET #pending = :target, moved = :moved",
            {":target": {"S.$": "$.f.target"}, ":moved": {"BOOL": True}},
            "AppSpec",
            {"#pending.$": "States.Format('pending_{}', $.f.name)"},
            States_ALL="Broken",
        ),
        "AppSpec": _set(
            "$.spec",
            {
                "version": 0.0,
                "Resources": [
                    {
                        "function": {
                            "Type": "AWS::Lambda::Function",
                            "Properties": {
                                "Name.$": "$.f.aws_name",
                                "Alias.$": "$.f.alias",
                                "CurrentVersion.$": "$.alias.FunctionVersion",
                                "TargetVersion.$": "$.f.target",
                            },
                        }
                    }
                ],
                "Hooks.$": "$.f.hooks",
            },
            "Request",
        ),
        "Request": _set(
            "$.request",
            {
                **group,
                "Description.$": "$.note",
                "Revision": {
                    "RevisionType": "AppSpecContent",
                    "AppSpecContent": {"Content.$": "States.JsonToString($.spec)"},
                },
            },
            "Merge",
        ),
        "Merge": _set("$.merged", {"request.$": "States.JsonMerge($.request, $.overrides, false)"}, "Create"),
        "Create": {
            **_task(
                "codedeploy:createDeployment",
                {},
                "Follow",
                "$.made",
                **{"CodeDeploy_DeploymentLimitExceededException": "Pause", "CodeDeploy_SdkClientException": "Pause"},
                States_ALL="Broken",
            ),
            "InputPath": "$.merged.request",
            "Retry": [],
        },
        "Pause": _wait("Again"),
        "Again": _set("$.again", {"tries.$": "States.MathAdd($.tries, 1)"}, "Count"),
        "Count": {"Type": "Pass", "InputPath": "$.again.tries", "ResultPath": "$.tries", "Next": "Recent"},
        "Follow": _task(
            "codedeploy:getDeployment",
            {"DeploymentId.$": "$.made.DeploymentId"},
            "Status",
            "$.seen",
            States_ALL="FollowAgain",
        ),
        "FollowAgain": _wait("Follow"),
        "Status": _choice(
            "ReadStop",
            _if("$.seen.DeploymentInfo.Status", "Proven", StringEquals="Succeeded"),
            _if("$.seen.DeploymentInfo.Status", "Ended", StringEquals="Failed"),
            _if("$.seen.DeploymentInfo.Status", "Ended", StringEquals="Stopped"),
        ),
        "ReadStop": _task(
            "dynamodb:getItem",
            {"TableName": table, "Key": {"pk": {"S": "RELEASE"}}, "ConsistentRead": True},
            "IsStopped",
            "$.record",
            States_ALL="FollowAgain",
        ),
        "IsStopped": _choice(
            "Tick",
            _if("$.stopped", "FollowAgain", BooleanEquals=True),
            _if("$.record.Item.stop", "Stop", IsPresent=True),
            _if("$.polls", "Stop", NumericLessThan=1),
        ),
        "Tick": _set("$.left", {"polls.$": "States.MathAdd($.polls, -1)"}, "Tock"),
        "Tock": {"Type": "Pass", "InputPath": "$.left.polls", "ResultPath": "$.polls", "Next": "FollowAgain"},
        "Stop": _task(
            "codedeploy:stopDeployment",
            {"DeploymentId.$": "$.made.DeploymentId", "AutoRollbackEnabled.$": "$.f.rolls_back"},
            "Stopping",
            States_ALL="FollowAgain",
        ),
        "Stopping": {"Type": "Pass", "Result": True, "ResultPath": "$.stopped", "Next": "FollowAgain"},
        "Ended": _choice(
            "HasRollback",
            _if("$.seen.DeploymentInfo.ErrorInformation.Code", "Pause", StringEquals="INVALID_LAMBDA_CONFIGURATION"),
        ),
        "HasRollback": _choice(
            "Rollbacks",
            _if("$.seen.DeploymentInfo.RollbackInfo.RollbackDeploymentId", "Rollback", IsPresent=True),
        ),
        "Rollbacks": _set("$.waits", {"n.$": "States.MathAdd($.f.waits, 1)"}, "CountWaits"),
        "CountWaits": {"Type": "Pass", "InputPath": "$.waits.n", "ResultPath": "$.f.waits", "Next": "MayRollBack"},
        "MayRollBack": _choice("FollowAgain", _if("$.f.waits", "Failed", NumericGreaterThan=12)),
        "Rollback": _task(
            "codedeploy:getDeployment",
            {"DeploymentId.$": "$.seen.DeploymentInfo.RollbackInfo.RollbackDeploymentId"},
            "RollbackStatus",
            "$.rollback",
            States_ALL="RollbackAgain",
        ),
        "RollbackAgain": _wait("Rollback"),
        "RollbackStatus": _choice(
            "RollbackAgain",
            _if("$.rollback.DeploymentInfo.Status", "RolledBack", StringEquals="Succeeded"),
            _if("$.rollback.DeploymentInfo.Status", "Failed", StringEquals="Failed"),
            _if("$.rollback.DeploymentInfo.Status", "Failed", StringEquals="Stopped"),
        ),
        "RolledBack": _choice(
            "WasRolledBack",
            {
                "And": [
                    {"Variable": "$.seen.DeploymentInfo.ErrorInformation.Code", "StringEquals": "THROTTLED"},
                    {"Variable": "$.tries", "NumericLessThan": 3},
                ],
                "Next": "Pause",
            },
        ),
        "Proven": _update(
            table,
            "REMOVE #pending",
            {},
            "Succeeded",
            {"#pending.$": "States.Format('pending_{}', $.f.name)"},
            States_ALL="Broken",
        ),
        **{
            name: {"Type": "Pass", "Parameters": {"ok": ok, "result": result, "name.$": "$.f.name"}, "End": True}
            for name, ok, result in (
                ("Succeeded", True, "succeeded"),
                ("UpToDate", True, "up to date"),
                ("Failed", False, "failed"),
                ("WasRolledBack", False, "rolled back"),
                ("Overtaken", False, "failed"),
                ("Leftover", False, "failed"),
                ("Unproven", False, "failed"),
                ("Broken", False, "failed"),
            )
        },
    }


def _machine(table: str) -> Json:
    route = {"StateMachineAliasArn.$": "$.machine.alias_arn"}

    def update(weights: Json, description: str, following: str, caught: str) -> Json:
        parameters = {**route, "RoutingConfiguration.$": weights, "Description.$": description}
        return _task("sfn:updateStateMachineAlias", parameters, following, States_ALL=caught)

    return {
        "MachineBack": update("$.machine.end", "$.note", "Functions", "EndFailed"),
        "Machine": _task("sfn:describeStateMachineAlias", route, "MachineAt", "$.alias", States_ALL="EndFailed"),
        "MachineAt": _choice(
            "EndFailed",
            _if("$.alias.RoutingConfiguration[1]", "EndFailed", IsPresent=True),
            _if(
                "$.alias.RoutingConfiguration[0].StateMachineVersionArn",
                "EndSucceeded",
                StringEqualsPath="$.machine.target_arn",
            ),
            _if(
                "$.alias.RoutingConfiguration[0].StateMachineVersionArn",
                "Alarms",
                StringEqualsPath="$.machine.before_arn",
            ),
        ),
        "Alarms": _task(
            "cloudwatch:describeAlarms",
            {"AlarmNames.$": "$.machine.alarms", "StateValue": "ALARM"},
            "Firing",
            "$.alarms",
            States_ALL="PutBack",
        ),
        "Firing": _choice("ReadFlag", _if("$.alarms.MetricAlarms[0]", "PutBack", IsPresent=True)),
        "ReadFlag": _task(
            "dynamodb:getItem",
            {"TableName": table, "Key": {"pk": {"S": "RELEASE"}}, "ConsistentRead": True},
            "IsFlagged",
            "$.record",
            States_ALL="PutBack",
        ),
        "IsFlagged": _choice("Waited", _if("$.record.Item.stop", "PutBack", IsPresent=True)),
        "Waited": _choice(
            "MarkMoved",
            _if("$.machine.polls", "MachineWait", NumericGreaterThan=0),
        ),
        "Step": _choice("End", _if("$.machine.steps[0]", "Shift", IsPresent=True)),
        "MachineWait": _wait("MachineTick"),
        "MachineTick": _set("$.left", {"polls.$": "States.MathAdd($.machine.polls, -1)"}, "MachineTock"),
        "MachineTock": {"Type": "Pass", "InputPath": "$.left.polls", "ResultPath": "$.machine.polls", "Next": "Alarms"},
        "Shift": update("$.machine.steps[0]", "$.note", "Slice", "PutBack"),
        "Slice": _set("$.machine.steps", {"x.$": "$.machine.steps[1:]"}, "Unwrap"),
        "Unwrap": {"Type": "Pass", "InputPath": "$.machine.steps.x", "ResultPath": "$.machine.steps", "Next": "Reset"},
        "Reset": {
            "Type": "Pass",
            "InputPath": "$.machine.polls_each",
            "ResultPath": "$.machine.polls",
            "Next": "Alarms",
        },
        "MarkMoved": _update(table, "SET moved = :moved", {":moved": {"BOOL": True}}, "Step", States_ALL="PutBack"),
        "End": update("$.machine.end", "$.note", "EndSucceeded", "PutBack"),
        "PutBack": update("$.machine.start", "$.machine.back_note", "EndFailed", "EndFailed"),
    }


def _ends(table: str) -> Json:
    taken = {_LOST.replace(".", "_"): "Failed"}
    run = {":next": {"N.$": "States.Format('{}', States.MathAdd($.run, 1))"}}

    def end(more: str, result: str, values: Json) -> Json:
        wanted = f"SET #run = :next, #result = :result{more} REMOVE holder, stop"
        names = {"#run": "run", "#result": "result"}
        return _update(table, wanted, {**run, ":result": {"S": result}, **values}, result.title(), names, **taken)

    succeeded = end(
        ", previous = :whole, whole = :targets",
        "succeeded",
        {":whole": {"S.$": "$.whole"}, ":targets": {"S.$": "$.targets"}},
    )
    succeeded["Parameters"]["UpdateExpression"] += ", moved"
    back = end("", "succeeded", {})
    back["Parameters"]["UpdateExpression"] += ", moved"
    return {
        "EndSucceeded": succeeded,
        "EndBack": back,
        "EndFailed": end("", "failed", {}),
        **{
            name: {
                "Type": "Pass",
                "Parameters": {"result": name.lower(), "parts.$": "$.results"},
                "End": True,
            }
            for name in ("Succeeded", "Failed")
        },
    }
