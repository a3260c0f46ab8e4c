"""Bulk import of people from XLSX."""

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from exam.accounts import people_sheet, queries, service_import
from exam.accounts.access import caller, may
from exam.accounts.permissions import Permission, Role
from exam.core import i18n, web
from exam.core.clock import SHANGHAI
from exam.core.errors import Forbidden, Invalid, Problem
from exam.core.xlsx import MIB, Limits, make_book, read_rows

MEDIA = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SHOWN = 500


def import_page(request: Request) -> Response:
    """The form, the template, what was taken in before."""
    return _page(request)


def _page(
    request: Request,
    problems: tuple[Problem, ...] = (),
    plan: service_import.Plan | None = None,
    file_name: str = "",
    status: int = 200,
) -> Response:
    with web.reading(request) as db:
        earlier = queries.imports(db, caller(request).institution_id)
    context = {
        "problems": problems,
        "plan": plan,
        "file_name": file_name,
        "shown": plan.problems[:SHOWN] if plan else (),
        "headings": {name: heading for name, heading, _, _ in people_sheet.COLUMNS},
        "earlier": earlier,
        "limit_mib": request.app.state.settings.upload_limit_mib,
        "limit_rows": Limits().rows - 1,
        "mode": web.text_fields(request).get("mode", "all"),
    }
    return web.render(request, "accounts/import.html", context, status)


def import_submit(request: Request) -> Response:
    """Read, check and take in a sheet: all rows or none, or the good rows only when that was chosen."""
    who, now = caller(request), web.now(request)
    upload = web.form(request).get("file")
    if not isinstance(upload, UploadFile) or not upload.filename:
        return _page(request, (Problem("file", "file-missing"),), status=422)
    try:
        size = request.app.state.settings.upload_limit_mib * MIB
        rows = read_rows(upload.file.read(size + 1), Limits(size=size))
        sheet = people_sheet.read(rows, now.astimezone(SHANGHAI).date())
    except Invalid as error:
        return _page(request, error.problems, file_name=upload.filename, status=422)
    if not who.can(Permission.ROLE_GRANT) and any(set(row.roles) - {Role.CANDIDATE} for row in sheet.rows):
        raise Forbidden
    with web.reading(request) as db:
        plan = service_import.plan(db, sheet, who.institution_id)
    good_only = web.text_fields(request).get("mode") == "good"
    if not plan.people or (plan.problems and not good_only):
        return _page(request, plan=plan, file_name=upload.filename, status=422)
    with web.transaction(request) as db:
        record = service_import.take_in(db, who, plan, upload.filename, now=now)
    return _result(request, record.id or 0, plan)


def _result(request: Request, import_id: int, plan: service_import.Plan | None) -> Response:
    who = caller(request)
    with web.reading(request) as db:
        record = service_import.import_here(db, who, import_id)
        fresh = service_import.count_without_password(db, record)
    context = {
        "record": record,
        "fresh": fresh,
        "plan": plan,
        "shown": plan.problems[:SHOWN] if plan else (),
        "headings": {name: heading for name, heading, _, _ in people_sheet.COLUMNS},
    }
    return web.render(request, "accounts/imported.html", context)


def import_result(request: Request) -> Response:
    """What an import brought, and its one-time passwords to be made."""
    return _result(request, request.path_params["import_id"], None)


def import_template(request: Request) -> Response:
    """The empty sheet with Chinese headings and an example row."""
    headings = [heading + ("*" if needed else "") for _, heading, _, needed in people_sheet.COLUMNS]
    notes = [
        "标 * 的列必须填写。表头请勿改动；列的顺序可以改变，多余的列会被忽略。",
        "证件号码须为 18 位居民身份证号码，单元格格式请用“文本”，否则末几位会被表格软件改成 0。",
        "角色可以填写：" + "、".join(people_sheet.ROLE_NAMES.values()) + "；多个角色用顿号隔开；不填即为考生。",
        "姓名以“示例”开头的行会被跳过。",
        "证件号码已在平台上的人不会重复建立，只补充角色和联系方式。",
    ]
    book = make_book("人员", headings, [people_sheet.EXAMPLE_ROW], notes)
    return _download(book, "people-template.xlsx")


def first_passwords(request: Request) -> Response:
    """Make one-time passwords for those of an import who have never signed in; the only copy is this file."""
    who, import_id = caller(request), request.path_params["import_id"]
    with web.reading(request) as db:
        people = service_import.without_password(db, service_import.import_here(db, who, import_id))
    made = service_import.first_passwords(people)
    with web.transaction(request) as db:
        service_import.set_first_passwords(db, who, import_id, made, now=web.now(request))
    heads = [i18n.gettext(text) for text in ("姓名", "证件号码", "手机号", "用户名", "初始密码")]
    rows = [
        (each.person.name, each.person.id_number, each.person.phone, each.person.username, each.password)
        for each in made
    ]
    notes = [i18n.gettext("用证件号码、手机号或用户名登录，首次登录后须修改密码。请分别交给本人，并及时销毁本表。")]
    return _download(make_book(heads[4], heads, rows, notes, i18n.gettext("说明")), f"first-passwords-{import_id}.xlsx")


def _download(data: bytes, name: str) -> Response:
    return Response(data, media_type=MEDIA, headers={"Content-Disposition": f'attachment; filename="{name}"'})


MANAGE = may(Permission.PEOPLE_MANAGE)
routes: list[BaseRoute] = [
    web.page_route("/people/import", import_page, access=MANAGE, name="import_people"),
    web.page_route(
        "/people/import", import_submit, access=MANAGE, name="import_people_submit", methods=["POST"], limit_mib=None
    ),
    web.page_route("/people/import/template.xlsx", import_template, access=MANAGE, name="import_people_template"),
    web.page_route("/people/imports/{import_id:int}", import_result, access=MANAGE, name="people_import"),
    web.page_route(
        "/people/imports/{import_id:int}/passwords",
        first_passwords,
        access=MANAGE,
        name="first_passwords",
        methods=["POST"],
    ),
]
