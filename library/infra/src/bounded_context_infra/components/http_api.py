"""The HTTP API: authorized requests to functions behind their aliases."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi_aws import apigatewayv2, cloudwatch, lambda_

from bounded_context_infra._parts import (
    Component,
    Endpoint,
    SettingError,
    Stack,
    Target,
    access_log,
    all_deprecated,
    all_routes,
    all_scopes,
    api_sections,
    called_by,
    kebab,
    watch_api,
)

STAGE = "$default"
"""The default stage, which adds no name to the API's URL."""

_LONGEST_MS = 30_000
"""Milliseconds: the longest time that an HTTP API waits for a function."""

_COLD_START_MS = 10_000
"""Milliseconds: the longest start-up time of a function, which its own timeout does not include."""

_ALLOWED_HEADERS = (
    *(
        "authorization",
        "content-type",
        "idempotency-key",
        "if-match",
        "if-none-match",
        "traceparent",
        "x-correlation-id",
    ),
    # Headers of a request that a web page has signed.
    *("x-amz-content-sha256", "x-amz-date", "x-amz-security-token"),
)
_EXPOSED_HEADERS = ("etag", "location", "retry-after", "x-correlation-id")
_OF_DEPRECATION = ("deprecation", "sunset")
_PREFLIGHT_SECONDS = 600


@dataclass(frozen=True)
class Route:
    """A method and a path, `key`, with the alias of the function that answers, and the function's timeout (seconds)."""

    key: str
    alias: lambda_.Alias
    timeout: int

    @property
    def patience_ms(self) -> int:
        """The API's timeout: longer than the function's, so the function ends first and logs the reason."""
        return min(self.timeout * 1000 + _COLD_START_MS, _LONGEST_MS)

    @property
    def resource(self) -> str:
        """The end of the ARN of its requests: `<stage>/<METHOD>/<path>`, with `*` for a parameter of the path."""
        method, path = self.key.split(" ")
        return f"{STAGE}/{method}{re.sub(r'{[^}]+}', '*', path)}"


class HttpApi(Component):
    """An HTTP API with the given routes. Requests to all other routes get a 404.

    Each request is authorized by its signature (AWS_IAM) or its token (JWT), which needs a scope if the context names
    scopes for the route. `url` has no slash at its end. The API
    adds itself to the stack's `endpoints`, by its name.
    """

    urn_type = "bounded-context:infra:HttpApi"

    def __init__(
        self,
        name: str,
        stack: Stack,
        live: Mapping[str, Target],
        *,
        routes: Mapping[str, str] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Make the API.

        Args:
            name: its logical name.
            stack: the stack that it belongs to.
            live: the functions behind their aliases.
            routes: the key of each function's route, such as `GET /things`; by default the context's routes and its
                own routes.
            opts: its options in Pulumi.

        Raises:
            SettingError: a route requires a scope, but the stack takes no tokens.
        """
        super().__init__(name, stack.labels, opts)
        self._settings = settings = stack.settings.api
        keys = all_routes(stack.context) if routes is None else routes
        self._deprecated = all_deprecated(stack.context).keys() & keys.keys()
        self._scopes = {name: list(scopes) for name, scopes in all_scopes(stack.context).items() if name in keys}
        if self._scopes and settings.api_jwt is None:
            problem = "is missing, yet `scopes` of the context or its routes require tokens: write issuer and audience."
            raise SettingError("api_jwt", problem)
        self.api = self._http_api(keys)
        self._authorization = self._authorized_by()
        self.log_group = stack.logs.group("vendedlogs/apigateway", name, parent=self)
        for function, key in keys.items():
            route = Route(key, live[function].alias, live[function].timeout)
            self._route(kebab(function), route, self._scopes.get(function))
        self._stage()
        self._query()
        self.id, self.url = self.api.id, self.api.api_endpoint
        watch_api(self, stack.alerts, {"ApiId": self.id, "Stage": STAGE}, settings.api_objectives)
        sections = self.id.apply(lambda known: api_sections(known, STAGE, keys if settings.api_route_metrics else {}))
        stack.endpoints[name] = Endpoint({"id": self.id, "url": self.url}, sections)
        self.register_outputs({"id": self.id, "url": self.url})

    def _http_api(self, keys: Mapping[str, str]) -> apigatewayv2.Api:
        return apigatewayv2.Api(
            self.name, protocol_type="HTTP", cors_configuration=self._cors(keys), **self.named(self.name)
        )

    def _cors(self, keys: Mapping[str, str]) -> apigatewayv2.ApiCorsConfigurationArgs | None:
        if not self._settings.api_cors_origins:
            return None
        return apigatewayv2.ApiCorsConfigurationArgs(
            allow_origins=list(self._settings.api_cors_origins),
            allow_methods=sorted({key.split(" ")[0] for key in keys.values()}),
            allow_headers=list(_ALLOWED_HEADERS),
            expose_headers=[*_EXPOSED_HEADERS, *(_OF_DEPRECATION if self._deprecated else ())],
            # The API uses no cookies: a request is signed, or carries its token in a header.
            allow_credentials=False,
            max_age=_PREFLIGHT_SECONDS,
        )

    def _authorized_by(self) -> dict[str, Any]:
        jwt = self._settings.api_jwt
        if jwt is None:
            return {"authorization_type": "AWS_IAM"}
        authorizer = apigatewayv2.Authorizer(
            f"{self.name}-jwt",
            name=self.labels.name(f"{self.name}-jwt"),
            api_id=self.api.id,
            authorizer_type="JWT",
            identity_sources=["$request.header.Authorization"],
            jwt_configuration={"issuer": jwt.issuer, "audiences": list(jwt.audience)},
            opts=self.child(),
        )
        return {"authorization_type": "JWT", "authorizer_id": authorizer.id}

    def _route(self, name: str, route: Route, scopes: list[str] | None) -> None:
        source = pulumi.Output.concat(self.api.execution_arn, "/", route.resource)
        permission = called_by(self, f"{self.name}-{name}", route.alias, "apigateway", source)
        integration = apigatewayv2.Integration(
            name,
            api_id=self.api.id,
            integration_type="AWS_PROXY",
            integration_uri=route.alias.invoke_arn,
            payload_format_version="2.0",
            timeout_milliseconds=route.patience_ms,
            opts=self.child(),
        )
        apigatewayv2.Route(
            name,
            api_id=self.api.id,
            route_key=route.key,
            target=pulumi.Output.concat("integrations/", integration.id),
            authorization_scopes=scopes,
            opts=self.child(depends_on=[permission]),
            **self._authorization,
        )

    def _stage(self) -> None:
        throttle = self._settings.api_throttle
        apigatewayv2.Stage(
            self.name,
            api_id=self.api.id,
            name=STAGE,
            auto_deploy=True,
            default_route_settings={
                "throttling_rate_limit": throttle.rate,
                "throttling_burst_limit": throttle.burst,
                "detailed_metrics_enabled": self._settings.api_route_metrics,
            },
            access_log_settings={"destination_arn": self.log_group.arn, "format": access_log.FORMAT},
            tags=self.labels.tags,
            opts=self.child(),
        )

    def _query(self) -> None:
        cloudwatch.QueryDefinition(
            access_log.REFUSED.replace(" ", "-"),
            name=f"{self.labels.prefix}/{access_log.REFUSED}",
            log_group_names=[self.log_group.name],
            query_string=access_log.QUERY,
            opts=self.child(),
        )
