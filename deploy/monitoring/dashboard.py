"""``python -m deploy.monitoring.dashboard`` writes Grafana's dashboard from its panels.

Grafana's own builders make it, so it follows the schema of their version of Grafana.
"""

from pathlib import Path
from string import ascii_uppercase

from grafana_foundation_sdk.builders import common, dashboard, heatmap, prometheus, stat, table, timeseries
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import common as common_models
from grafana_foundation_sdk.models import dashboard as models
from grafana_foundation_sdk.models import heatmap as heatmap_models
from grafana_foundation_sdk.models import prometheus as queries

from deploy.monitoring.alarms import ALARMS
from deploy.monitoring.panels import BARS, FIRING, GLANCE, ROWS, Panel

#: What is written.
FILE = Path(__file__).parent / "grafana" / "dashboards" / "leaderboards.json"

_SOURCE = models.DataSourceRef(type_val="prometheus", uid="${datasource}")
# Of the grid, in Grafana's columns.
_WIDTH = 24
# Anything above 0.
_SOME = 1e-9


def build() -> str:
    """The dashboard as JSON."""
    made = (
        dashboard.Dashboard("Live leaderboards")
        .uid("live-leaderboards")
        .description("From feeds to boards. Red lines are the thresholds of alarms: docs/operations/alarms.md.")
        .readonly()
        .tooltip(models.DashboardCursorSync.CROSSHAIR)
        .refresh("5s")
        .time("now-15m", "now")
        .timezone("America/New_York")
        .with_variable(dashboard.DatasourceVariable("datasource").label("Prometheus").type("prometheus"))
    )
    for panel in GLANCE:
        made.with_panel(_figure(panel).span(_WIDTH // len(GLANCE)).height(4))
    made.with_panel(_alarms().span(_WIDTH).height(5))
    for title, panels in ROWS.items():
        made.with_row(dashboard.Row(title))
        for panel in panels:
            made.with_panel((_heat if panel.heat else _lines)(panel).span(_WIDTH // min(len(panels), 3)).height(8))
    done = made.build()
    for number, each in enumerate(done.panels or [], 1):
        each.id_val = number
    return JSONEncoder(sort_keys=True, indent=2).encode(done) + "\n"


def _figure(panel: Panel) -> stat.Panel:
    return (
        stat.Panel()
        .title(panel.title)
        .description(panel.description)
        .datasource(_SOURCE)
        .targets([*_queries(panel)])
        .unit(panel.unit)
        .color_mode(common_models.BigValueColorMode.VALUE)
        .graph_mode(common_models.BigValueGraphMode.AREA)
        .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
        .thresholds(_thresholds(panel.line))
        .no_value("-")
    )


def _lines(panel: Panel) -> timeseries.Panel:
    style = common_models.GraphThresholdsStyleMode
    has_line = bool(panel.line and ALARMS[panel.line].threshold)
    stacking = common_models.StackingMode
    return (
        timeseries.Panel()
        .title(panel.title)
        .description(panel.description)
        .datasource(_SOURCE)
        .targets([*_queries(panel)])
        .unit(panel.unit)
        .min(0)
        .line_width(1)
        .fill_opacity(30 if panel.stacked else 8)
        .stacking(common.StackingConfig().mode(stacking.NORMAL if panel.stacked else stacking.NONE))
        .legend(
            common.VizLegendOptions()
            .show_legend(True)
            .display_mode(common_models.LegendDisplayMode.LIST)
            .placement(common_models.LegendPlacement.BOTTOM)
        )
        .tooltip(common.VizTooltipOptions().mode(common_models.TooltipDisplayMode.MULTI))
        .thresholds(_thresholds(panel.line))
        .thresholds_style(common.GraphThresholdsStyleConfig().mode(style.DASHED if has_line else style.OFF))
    )


def _heat(panel: Panel) -> heatmap.Panel:
    scheme = heatmap.HeatmapColorOptions().mode(heatmap_models.HeatmapColorMode.SCHEME).scheme("Oranges")
    return (
        heatmap.Panel()
        .title(panel.title)
        .description(panel.description)
        .datasource(_SOURCE)
        .targets([each.format(queries.PromQueryFormat.HEATMAP) for each in _queries(panel)])
        .calculate(False)
        .color(scheme)
        .y_axis(heatmap.YAxisConfig().unit(panel.unit))
        .cell_values(heatmap.CellValues().unit(BARS))
    )


def _alarms() -> table.Panel:
    hidden = {"Time": True, "Value": True, "__name__": True, "alertstate": True}
    return (
        table.Panel()
        .title("Alarms")
        .description("Those that fire now; none is good. What to do with each: docs/operations/alarms.md.")
        .datasource(_SOURCE)
        .with_target(_query(FIRING, "", "A").instant().format(queries.PromQueryFormat.TABLE))
        .with_transformation(models.DataTransformerConfig(id_val="organize", options={"excludeByName": hidden}))
        .no_value("none")
    )


def _queries(panel: Panel) -> list[prometheus.Dataquery]:
    named = zip(panel.queries.items(), ascii_uppercase, strict=False)
    return [_query(expression, legend, name) for (legend, expression), name in named]


def _query(expression: str, legend: str, name: str) -> prometheus.Dataquery:
    return prometheus.Dataquery().expr(expression).legend_format(legend).ref_id(name).datasource(_SOURCE)


def _thresholds(line: str | None) -> dashboard.ThresholdsConfig:
    """Green where the alarm is quiet, red where it fires."""
    steps = [models.Threshold(None, "green")]
    if line:
        alarm = ALARMS[line]
        if alarm.fires_below:
            # What fires on 0 is well from 1 on.
            steps = [models.Threshold(None, "red"), models.Threshold(alarm.threshold or 1, "green")]
        else:
            steps.append(models.Threshold(alarm.threshold or _SOME, "red"))
    return dashboard.ThresholdsConfig().mode(models.ThresholdsMode.ABSOLUTE).steps(steps)


def main() -> None:
    """Write the file."""
    FILE.write_text(build(), "utf-8")


if __name__ == "__main__":
    main()
