from itertools import pairwise

from dashboard.figures.layout import GAP, Panel, drawn, titled


def test_panels_are_equally_wide_and_do_not_touch() -> None:
    panels = [Panel([{"x": [k], "y": [k]}], titled(f"x{k}"), titled(f"y{k}")) for k in range(3)]
    figure = drawn(panels, 300)

    domains = [figure["layout"][f"xaxis{number}"]["domain"] for number in ("", 2, 3)]
    assert domains[0][0] == 0
    assert abs(domains[2][1] - 1) < 1e-9
    assert len({round(end - start, 9) for start, end in domains}) == 1
    gaps = [after[0] - before[1] for before, after in pairwise(domains)]
    assert all(abs(gap - GAP / 3) < 1e-9 for gap in gaps)


def test_each_trace_stands_on_the_axes_of_its_panel() -> None:
    panels = [Panel([{"x": [k], "y": [k]}], titled(f"x{k}"), titled(f"y{k}")) for k in range(2)]
    figure = drawn(panels, 300)

    for trace, number in zip(figure["data"], ("", "2"), strict=True):
        assert (trace["xaxis"], trace["yaxis"]) == (f"x{number}", f"y{number}")
        assert figure["layout"][f"xaxis{number}"]["title"]["text"] == f"x{trace['x'][0]}"
        assert figure["layout"][f"xaxis{number}"]["anchor"] == f"y{number}"
