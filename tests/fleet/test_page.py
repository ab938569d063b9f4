"""The page of a fleet, from contexts that are written by hand."""

import re

from template.fleet.page import page

from .contexts import member, stack


def test_quotas_below_one_half_are_collapsed() -> None:
    """Resource policies of logs: 5 of 10. Sampling rules: 12 of 25."""
    used = {"cloudwatch/logResourcePolicy": 5, "xray/samplingRule": 12}
    markup = page([member("payment", stacks={"prod": stack()}, resources=used)], [])
    [(before, collapsed)] = re.findall(r'<h2 id="quotas">(.*)<details>(.*)</details>', markup, re.DOTALL)
    assert "resource policies of logs" in before
    assert "sampling rules" in collapsed
    assert "sampling rules" not in before
    without = page([member("payment", stacks={"prod": stack()}, resources={"xray/samplingRule": 13})], [])
    assert "<details>" not in without


def test_names_of_other_repositories_are_text() -> None:
    """The owner and the sentences of policies."""
    markup = page([member("payment", owner="<b>x</b>", policies={"a": ["<i>y</i>"]})], [])
    assert "&lt;b&gt;x" in markup
    assert not re.search("<b>x|<i>y", markup)
