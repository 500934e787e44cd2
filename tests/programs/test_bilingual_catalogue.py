"""The bilingual catalogue."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tmdbkit.testing import FakeTMDB

PROGRAM = Path(__file__).with_name("bilingual_catalogue.py")


def test_each_reader_gets_texts_or_a_remark(fake_tmdb: FakeTMDB, tmp_path: Path) -> None:
    bare = fake_tmdb.add_movie(title="Drôle <de> titre", original_language="fr", no_images=True)
    path = tmp_path / "page.html"
    subprocess.run([sys.executable, str(PROGRAM), "de", "ja", str(path), "129", "194", str(bare)], check=True, timeout=60)
    page = path.read_text(encoding="utf-8")
    (spirited, amelie, other) = page.split('<article id="movie-')[1:]

    german, japanese = spirited.split("<section>")[1:]
    assert '<h2><span lang="de-DE">Chihiros Reise ins Zauberland</span></h2>' in german
    assert '<h2><span lang="ja">千と千尋の神隠し</span></h2>' in japanese
    assert german.startswith('<img src="https://image.tmdb.org/t/p/w342/IQ3y6Ex0Cyz26svv0VoScHjzcMO.jpg"')
    assert japanese.startswith('<img src="https://image.tmdb.org/t/p/w342/4qBsI6E1bX0cwnIZNwNDeiqi8oF.jpg"')

    german, japanese = amelie.split("<section>")[1:]
    assert '<p><span lang="de-DE">Eine scheue Kellnerin in Paris macht heimlich andere glücklich.</span></p>' in german
    assert '<h2><span lang="ja-JP">アメリ</span></h2>' in japanese
    assert '<p><span lang="en-US">A shy waitress in Paris secretly improves' in japanese
    assert "harder to change.</span> <small>(English)</small></p>" in japanese

    title = '<h2><span lang="fr">Drôle &lt;de&gt; titre</span> <small>(French)</small></h2><p></p>'
    assert other.split("<section>")[1:] == [f"{title}</section>\n", f"{title}</section>\n</article>"]
    assert len(fake_tmdb.requests) == 3
