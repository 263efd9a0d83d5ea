"""The organization and its administrators are changed in the browser, by administrators alone, and somebody is always left."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from django.db import connection

from tests import factories as make
from tests.committed import committed
from tests.factories import T0
from tests.web.conftest import Desk
from tests.web.filling import applied, inputs, press, send, words
from tests.web.test_admin import desk  # noqa: F401  a fixture
from watchbill.audit.models import Record
from watchbill.config import actions, selectors
from watchbill.config.actions import propose
from watchbill.kernel.errors import Refused
from watchbill.people.actions import give_administration, take_administration
from watchbill.people.models import Organization, Person

PATH = "/admin/organization"


def rights(who: Person) -> str:
    return f"/admin/people/{who.id}/administration"


def test_name_and_last_resort_are_changed_seen_first_and_taken_back(desk: Desk):  # noqa: F811
    assert f'href="{PATH}"' in desk.as_("root").get("/admin").content.decode()
    name = Organization.objects.get().name
    seen = send(desk, "root", PATH, organization="Example Corp", last_resort="bob")
    said = words(seen)
    for part in ("Changed: organization", f"before: {name}", "after: Example Corp", "before: root", "after: bob", "By Night"):
        assert part in said, part
    assert "Last resort, after 5 min no longer: Root new: Bob" in said
    assert "By Walk" not in said  # it names a last resort of its own
    assert Organization.objects.get().name == name
    done = press(desk, "root", PATH, seen)
    found = Organization.objects.get()
    assert (done.status_code, found.name, found.last_resort.handle) == (303, "Example Corp", "bob")
    record = Record.objects.get(action="config.edit")
    assert (record.kind, record.detail["fields"]["last_resort"], record.team_id) == ("organization", ["root", "bob"], None)
    page = words(desk.as_("root").get(done["Location"]))
    assert "It counts from now on" in page
    back = f"/admin/changes/{record.id}/undo"
    press(desk, "root", back, desk.as_("root").get(back))
    found.refresh_from_db()
    assert (found.name, found.last_resort.handle) == (name, "root")


def test_somebody_is_always_the_last_resort_and_the_organization_has_a_name(desk: Desk):  # noqa: F811
    nobody = send(desk, "root", PATH, last_resort="", organization="")
    assert nobody.status_code == 422
    page = nobody.content.decode()
    assert 'id="f-last_resort-e"' in page
    assert 'id="f-organization-e"' in page
    make.person("mute", contacts=())
    assert "cannot be reached" in words(send(desk, "root", PATH, last_resort="mute"))
    gone = desk.as_("root").post(PATH, {**inputs(desk.as_("root").get(PATH).content.decode()), "remove": "yes", "do": "review"})
    assert gone.status_code == 403
    assert not Record.objects.filter(action="config.edit").exists()


def test_what_the_file_says_is_marked_and_kept(desk: Desk):  # noqa: F811
    actions.apply(selectors.export(), by=make.actor(desk.root, "cli"), now=desk.now)
    applied(desk, "root", PATH, organization="Other")
    assert "Changed here The file says:" in words(desk.as_("root").get(PATH))


def test_an_admin_of_a_team_learns_nothing_of_either(desk: Desk):  # noqa: F811
    for path in (PATH, rights(desk.bob)):
        assert desk.as_("ada").get(path).status_code == 404
        assert desk.as_("ada").post(path, {"do": "give", "organization": "Mine"}).status_code == 404
    assert PATH not in desk.as_("ada").get("/admin").content.decode()


def test_rights_are_given_after_a_question_and_written_down(desk: Desk):  # noqa: F811
    assert f'href="{rights(desk.bob)}"' in desk.as_("root").get(f"/admin/people/{desk.bob.id}").content.decode()
    asked = desk.as_("root").get(rights(desk.bob))
    assert "Shall Bob administer the installation?" in words(asked)
    assert "has never signed in" in words(asked)
    for nonsense in ({}, {"do": "both"}):
        assert desk.as_("root").post(rights(desk.bob), nonsense).status_code == 422
    desk.bob.refresh_from_db()
    assert desk.bob.is_admin is False
    done = desk.as_("root").post(rights(desk.bob), {"do": "give"}, follow=True)
    assert "Bob administers the installation." in done.content.decode()
    record = Record.objects.get(action="person.admin")
    assert (record.actor, record.via, record.object_id) == ("root", "web", str(desk.bob.id))
    assert record.detail == {"handle": "bob", "admin": True}
    assert desk.as_("bob").get("/admin/people").status_code == 200
    again = desk.as_("root").post(rights(desk.bob), {"do": "give"})
    assert (again.status_code, "Bob administers the installation already." in words(again)) == (409, True)


def test_whoever_takes_their_own_away_is_told_and_the_last_one_stays(desk: Desk):  # noqa: F811
    lonely = desk.as_("root").get(rights(desk.root))
    sentence = "Nobody but Root administers the installation, and somebody must. Give the rights to somebody else first."
    assert sentence in words(lonely)
    assert '<button class="btn btn-alarm"' not in lonely.content.decode()
    refused = desk.as_("root").post(rights(desk.root), {"do": "take"})
    assert (refused.status_code, sentence in words(refused)) == (409, True)
    assert not Record.objects.filter(action="person.admin").exists()
    desk.as_("root").post(rights(desk.bob), {"do": "give"})
    assert "You cannot give them back to yourself" in words(desk.as_("root").get(rights(desk.root)))
    done = desk.as_("root").post(rights(desk.root), {"do": "take"})
    assert (done.status_code, done["Location"]) == (303, "/")
    assert desk.as_("root").get("/admin").status_code == 404
    assert Record.objects.filter(action="person.admin").latest("id").detail == {"handle": "root", "admin": False}


def test_somebody_who_is_deactivated_is_given_nothing_and_counts_for_nothing(desk: Desk):  # noqa: F811
    zoe = make.person("zoe", is_active=False, name="Zoe")
    answer = desk.as_("root").post(rights(zoe), {"do": "give"})
    assert (answer.status_code, "Zoe is deactivated" in words(answer)) == (409, True)
    Person.objects.filter(pk=zoe.pk).update(is_admin=True)
    assert desk.as_("root").post(rights(desk.root), {"do": "take"}).status_code == 409
    assert desk.as_("root").post(rights(zoe), {"do": "take"}).status_code == 303


def test_two_who_take_each_others_rights_at_once_leave_one(django_db_setup, django_db_blocker):
    with committed(django_db_blocker):
        ada, ben = (make.person(handle, is_admin=True) for handle in ("ada", "ben"))

        def take(who: Person, by: Person) -> bool:
            try:
                take_administration(who.id, by=make.actor(by), now=T0)
            except Refused:
                return False
            finally:
                connection.close()
            return True

        with ThreadPoolExecutor(2) as pool:
            taken = [pool.submit(take, ada, ben), pool.submit(take, ben, ada)]
        assert sorted(each.result() for each in taken) == [False, True]
        assert Person.objects.filter(is_admin=True, is_active=True).count() == 1
        give_administration(Person.objects.get(is_admin=False).id, by=make.actor(ada), now=T0)


def test_the_last_administrator_is_not_deactivated_by_any_way(desk: Desk):  # noqa: F811
    zoe = make.person("zoe", name="Zoe", is_admin=True)
    Person.objects.filter(handle="root").update(is_admin=False)
    wanted = {("people", "zoe"): {"name": "Zoe", "email": zoe.email, "active": False}}
    assert [(found.path, found.text) for found in propose(wanted, now=desk.now).problems] == [
        (("active",), "Nobody but Zoe administers the installation, and somebody must.")
    ]
    Person.objects.filter(handle="bob").update(is_admin=True)
    assert propose(wanted, now=desk.now).problems == ()
