"""No module of a plan goes without its test, and no test claims a module that there is not."""

import importlib

import pytest

from tests.conformance.plans import PLANS, name_of_test


@pytest.mark.parametrize("plan", PLANS)
def test_every_module_of_a_plan_has_its_test(plan: str) -> None:
    files, modules = PLANS[plan]
    found = [
        name
        for file in files
        for name in vars(importlib.import_module(f"tests.conformance.{file}"))
        if name.startswith(("test_oidcc_", "test_fapi2_", "test_fapi_ciba_", "test_openid_ssf_"))
    ]
    assert sorted(found) == sorted(map(name_of_test, modules))
