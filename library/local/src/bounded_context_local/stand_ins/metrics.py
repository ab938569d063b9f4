"""Metrics of the run, which it reads from the functions' logs or measures, on the emulator."""

from collections.abc import Mapping, Sequence

from ..emulator.aws import Aws


def put(
    aws: Aws,
    namespace: str,
    dimensions: Mapping[str, str],
    values: Mapping[str, tuple[float | Sequence[float], str]],
) -> None:
    """Put values with their units, by metric name. The emulator then evaluates its alarms.

    A metric has up to 150 values (AWS limit).
    """
    common = {"Dimensions": [{"Name": name, "Value": value} for name, value in dimensions.items()]}
    data = [
        common
        | {"MetricName": metric, "Unit": unit}
        | ({"Value": value} if isinstance(value, int | float) else {"Values": list(value)})
        for metric, (value, unit) in values.items()
    ]
    aws.call("cloudwatch", "put_metric_data", Namespace=namespace, MetricData=data)
