"""The tests of the site with Django: python -m django test --settings=django_movies --pythonpath=. --pattern="*_tests.py" ."""

from __future__ import annotations

from django.test import SimpleTestCase

from tmdbkit.testing import FakeTMDB


class Site(SimpleTestCase):
    def setUp(self) -> None:
        self.fake = self.enterContext(FakeTMDB().active())

    def get(self, path: str, status: int = 200) -> str:
        response = self.client.get(path, headers={"host": "localhost"})
        assert response.status_code == status
        return response.content.decode()

    def test_a_movie_has_its_cast_and_offers(self) -> None:
        page = self.get("/movies/550")
        self.assertInHTML("<h1>Fight Club (1999)</h1>", page)
        self.assertInHTML("<li>Edward Norton as Narrator</li>", page)
        self.assertInHTML("<p>flatrate: Hulu, HBO Max</p>", page)
        self.assertInHTML("<footer>Source: JustWatch</footer>", page)
        self.assertInHTML("<p>Drama, Thriller</p>", page)
        assert "https://image.tmdb.org/t/p/w342/" in page

    def test_a_bare_movie_has_empty_places(self) -> None:
        page = self.get(f"/movies/{self.fake.add_movie(title='<Bare>', no_images=True)}")
        self.assertInHTML("<h1>&lt;Bare&gt;</h1>", page)
        self.assertInHTML("<p>Not to be watched in US.</p>", page)
        assert "None" not in page
        assert "UNSET" not in page

    def test_mistakes_have_statuses(self) -> None:
        self.get("/movies/99999999", 404)
        assert "'GB'" in self.get("/movies/550?country=uk", 400)
        self.get("/?title=heat&page=many", 400)
        self.get("/?title=heat&page=501", 400)

    def test_a_search_has_pages(self) -> None:
        for number in range(25):
            self.fake.add_movie(title=f"Zazu {number}", release_date=f"{2000 + number}-05-01")
        page = self.get("/?title=zazu&page=2")
        self.assertInHTML("<p>25 found, page 2 of 2</p>", page)
        assert page.count("<li>") == 5
        self.assertInHTML("<p>Nothing found.</p>", self.get("/?title=qqqq"))
        assert "found" not in self.get("/")
