"""The plugin of the guide, in the app: its page, its menu line, its panel and its route, for those who may."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from perthyn.model import Contact

from .conftest import opened

GUIDE = Path(__file__).parents[3] / "docs" / "howto" / "write-a-plugin.md"


def test_the_plugin_of_the_guide_works(demo_folder: Path, tmp_path: Path) -> None:
    folder = tmp_path / "brithwen"
    shutil.copytree(demo_folder, folder)
    said = GUIDE.read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(# plugins/raffle\.py\n.*?)```", said, re.S)
    pages = re.findall(r"```html\n\{# (\S+) #\}\n(.*?)```", said, re.S)
    assert [name for name, _ in pages] == ["templates/raffle/draw.html", "templates/raffle/panel.html"]
    for name, content in (("raffle.py", code), *pages):
        file = folder / "plugins" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content, encoding="utf-8")
    with opened(folder) as site:
        who = next(iter(site.crm.store.scan(Contact)))
        manager, volunteer, marketing = map(site.as_role, ("manager", "volunteer", "marketing"))
        assert "0 tickets are sold." in manager.get("/raffle").text
        assert manager.post("/raffle").status_code == 303 and "1 ticket is sold." in manager.get("/raffle").text
        assert volunteer.get("/raffle").status_code == 200 and volunteer.post("/raffle").status_code == 403
        assert f"Wish {who.shown_name} luck." in volunteer.get(f"/contacts/{who.id}").text
        assert volunteer.get("/api/raffle").json() == {"sold": 1}
        assert marketing.get("/raffle").status_code == marketing.get("/api/raffle").status_code == 403
        page = marketing.get(f"/contacts/{who.id}").text
        assert "/raffle" not in page and "luck" not in page
