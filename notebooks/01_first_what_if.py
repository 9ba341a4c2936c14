# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # A first what-if
#
# A foundry is written down in one file. We simulate it, look at its load and its bill, change one thing, and ask what the change is worth.
# Everything here runs on one ordinary computer in less than a minute.
#
# **주조 공장을 파일 하나로 기술하고, 시뮬레이션하고, 한 가지를 바꾸어 그 효과를 확인합니다.** 모든 그래프는 `lang="ko"`로 한국어로 볼 수 있습니다.

# %%
import twin

foundry = twin.load("../scenarios/aluminium-foundry.yaml").set({"run.duration": "1 week", "run.warmup": "1 day"})
foundry

# %% [markdown]
# `load` reads and checks the whole file; a mistake in it would be named with its line. `set` gives a changed copy by the same dotted paths that
# stand in the file: one simulated week is enough for a first look.
#
# ## Run
#
# The plant is simulated several times, each time with other breakdowns and other scatter. Every figure is a mean with its 95 % interval.

# %%
run = foundry.run(replications=4)
run.kpis.loc[
    ["electricity_kwh", "electricity_kwh_per_t_good", "carbon_kg", "bill_krw", "peak_kw", "output_kg"],
    ["mean", "low", "high", "unit"],
]

# %% [markdown]
# The load, quarter-hour by quarter-hour, over the hours of the tariff; below, on the same time axis, what every machine was doing.

# %%
run.plot.load_curve()

# %% [markdown]
# The same figures as tables: `run.load`, `run.batches`, `run.states` and `run.bill` are pandas DataFrames. Here are the three dearest lines of the
# bill, and what a kilogram of each product costs in electricity.

# %%
run.bill.sort_values("amount", ascending=False)[["name", "month", "quantity", "unit", "rate", "amount"]].head(3)

# %%
by_product = (
    run.batches[run.batches["product"] != ""]
    .groupby("product")[["mass_kg", "allocated_kwh", "allocated_carbon_kg", "cost_krw"]]
    .sum()
)
by_product.assign(krw_per_kg=by_product["cost_krw"] / by_product["mass_kg"])

# %% [markdown]
# Where the heat of each furnace goes:

# %%
run.plot.losses()

# %% [markdown]
# ## What if?
#
# The file names a few changes itself. What if the metal were tapped 20 K cooler? The changed plant meets the *same* breakdowns at the same
# operating hours and the same scatter, so what remains between the two runs is the change, not luck.

# %%
cooler = foundry.what_if("tap_20_K_cooler").run(replications=4)
difference = twin.compare(run, cooler)
difference.loc[
    ["electricity_kwh", "melting_kwh_per_t_tapped", "carbon_kg", "cash_krw", "output_kg"],
    ["mean", "low", "high", "variance_reduction", "unit"],
]

# %% [markdown]
# A saving is negative. Where an interval holds zero, these few replications cannot tell the change from nothing: more replications would narrow it.
#
# ## A task, over a year
#
# `evaluate` does the same for a designated carbon-reduction task over a whole year, composed of representative weeks and billed month by month, with
# its cost, its support and a verdict. To stay quick we switch randomness off and take one task; a real study uses the scenario's own replications.

# %%
study = twin.evaluate(foundry.set({"run.randomness": "off"}), tasks=["dosing-furnace-cover-and-setback"])
study.tasks[
    [
        "id",
        "verdict",
        "energy_kwh_per_year_total",
        "carbon_kg_per_year",
        "cost_krw_per_year",
        "capex_krw",
        "payback_years",
    ]
]

# %%
study.plot.ranking(lang="ko")

# %% [markdown]
# ## Keep it
#
# `run.report("my-report", ["html", "xlsx"])` writes a page in both languages and a workbook; `run.save()` stores everything so that it can be opened
# again with `twin.open_result`. The same steps at the shell are `twin run` and `twin evaluate`.
