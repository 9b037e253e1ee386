"""QuickBooks Online v3: rotating sign-in, queries, single reads, changes, and four reports."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.answers import raw_answer
from sandbox.clock import Clock
from sandbox.credentials import Credentials
from sandbox.interference import VendorHooks
from sandbox.quickbooks import changes, query
from sandbox.quickbooks.banking import Banking
from sandbox.quickbooks.deletions import deletions
from sandbox.quickbooks.documents import Documents
from sandbox.quickbooks.errors import Refused, error, query_refused, with_tid
from sandbox.quickbooks.expenses import Expenses
from sandbox.quickbooks.moments import pacific
from sandbox.quickbooks.names import Names
from sandbox.quickbooks.records import Books
from sandbox.quickbooks.reports import Reports
from sandbox.quickbooks.signin import SignIn
from sandbox.quickbooks.statement import Reader
from sandbox.shelves import Rendered, Shelf
from sandbox.tokens import Mint
from sandbox.vendor import Vendor, vendor_app
from sandbox.world.entities import World

Handler = Callable[[Request], Awaitable[Response]]

COMPANY = "/v3/company/{realm}"


def quickbooks(world: World, clock: Clock, secrets: Credentials, wall: Callable[[], float]) -> Vendor:
    """QuickBooks for one business."""
    mint = Mint(secrets.seed, "quickbooks", wall)
    sign_in = SignIn(secrets, mint)
    office = Office(world, clock, sign_in)
    routes = [
        Route("/connect/oauth2", sign_in.authorize),
        Route("/oauth2/v1/tokens/bearer", sign_in.token, methods=["POST"]),
        Route("/v2/oauth2/tokens/revoke", sign_in.revoke, methods=["POST"]),
        Route(f"{COMPANY}/query", office.answering(office.query)),
        Route(f"{COMPANY}/companyinfo/{{id}}", office.answering(office.company)),
        Route(f"{COMPANY}/reports/{{name}}", office.answering(office.reports.answer)),
        Route(f"{COMPANY}/cdc", office.answering(office.changes)),
    ]
    routes.append(Route(f"{COMPANY}/preferences", office.answering(office.preferences)))
    routes += [
        Route(f"{COMPANY}/{entity.lower()}/{{id}}", office.answering(office.single(entity))) for entity in office.views
    ]

    def connection(base: str) -> dict[str, str]:
        return {
            "base_url": f"{base}/quickbooks",
            "auth_url": f"{base}/quickbooks/connect/oauth2",
            "token_url": f"{base}/quickbooks/oauth2/v1/tokens/bearer",
            "revoke_url": f"{base}/quickbooks/v2/oauth2/tokens/revoke",
            "client_id": secrets.quickbooks_client_id,
            "client_secret": secrets.quickbooks_client_secret,
            "realm_id": secrets.quickbooks_realm_id,
            "refresh_token": sign_in.begin_chain(),
            "environment": "sandbox",
        }

    hooks = VendorHooks(
        error=error,
        expire_tokens=mint.forget_access,
        rotate_tokens=sign_in.rotate_all,
        deny_next_sign_in=sign_in.deny_next,
    )
    return Vendor("quickbooks", vendor_app([*routes], error), hooks, connection)


class Office:
    """Serves one company's books from rows that are rendered once per instant."""

    def __init__(self, world: World, clock: Clock, sign_in: SignIn) -> None:
        self.sign_in = sign_in
        self.clock = clock
        self.shelf: Shelf[Sequence[Rendered]] = Shelf(clock)
        self.reports = Reports(world, clock)
        documents = Documents(world)
        books = Books(world, documents)
        expenses = Expenses(world)
        names = Names(world, expenses)
        banking = Banking(world, documents)
        self.views: dict[str, Callable[[datetime], list[Rendered]]] = {
            "CompanyInfo": books.company_info,
            "Preferences": names.preferences,
            "Account": books.account_list,
            "Class": names.class_list,
            "Department": names.department_list,
            "Customer": books.customer_list,
            "Vendor": names.vendor_list,
            "Employee": names.employee_list,
            "Item": names.item_list,
            "Term": names.term_list,
            "Invoice": documents.invoice_list,
            "Payment": documents.payment_list,
            "CreditMemo": documents.credit_memo_list,
            "SalesReceipt": banking.sales_receipt_list,
            "RefundReceipt": banking.refund_receipt_list,
            "Estimate": banking.estimate_list,
            "Bill": expenses.bill_list,
            "BillPayment": expenses.bill_payment_list,
            "VendorCredit": expenses.vendor_credit_list,
            "Purchase": expenses.purchase_list,
            "JournalEntry": documents.journal_entry_list,
            "Deposit": banking.deposit_list,
            "Transfer": banking.transfer_list,
        }
        self.deletions = deletions(world)

    def rows(self, entity: str) -> Sequence[Rendered]:
        return self.shelf.kept(entity, self.views[entity])

    def answering(self, answer_with: Callable[[Request], bytes]) -> Handler:
        """Sign-in first; a refusal from anywhere below becomes a fault."""

        async def answer(request: Request) -> Response:
            if refusal := self.sign_in.refusal(request):
                return refusal
            try:
                return with_tid(raw_answer(answer_with(request)))
            except Refused as refused:
                return refused.answer()

        return answer

    def query(self, request: Request) -> bytes:
        statement = Reader(request.query_params.get("query", "")).statement()
        if statement.entity not in query.QUERYABLE:
            raise query_refused(f'Encountered "{statement.entity}", which is no entity of this sandbox.')
        key = (statement.entity, statement.conditions, statement.order)
        found = self.shelf.kept(key, lambda _: query.found_rows(statement, self.rows(statement.entity)))
        return query.answer_body(statement, found, pacific(self.clock.now))

    def single(self, entity: str) -> Callable[[Request], bytes]:
        def answer_with(request: Request) -> bytes:
            number = request.path_params["id"]
            found = next((row for row in self.rows(entity) if row.key == number), None)
            if found is None:  # 400, where others would say 404
                raise Refused("610", "Object Not Found", f"Object Not Found : {entity} {number}")
            return self.wrapped(entity, found.body)

        return answer_with

    def company(self, request: Request) -> bytes:
        if request.path_params["id"] != request.path_params["realm"]:
            raise Refused("610", "Object Not Found", "Object Not Found : there is no such company")
        rows = self.rows("CompanyInfo")
        if not rows:
            raise Refused("610", "Object Not Found", "Object Not Found : the company had not begun by then")
        return self.wrapped("CompanyInfo", rows[0].body)

    def preferences(self, _request: Request) -> bytes:
        rows = self.rows("Preferences")
        if not rows:
            raise Refused("610", "Object Not Found", "Object Not Found : the company had not begun by then")
        return self.wrapped("Preferences", rows[0].body)

    def wrapped(self, entity: str, body: bytes) -> bytes:
        return b'{"%s":%s,"time":"%s"}' % (entity.encode(), body, pacific(self.clock.now).encode())

    def changes(self, request: Request) -> bytes:
        names = [name.strip() for name in request.query_params.get("entities", "").split(",") if name.strip()]
        if not names or any(name not in self.views for name in names):
            raise query_refused("entities names what this sandbox does not have")
        since = changes.since_of(request.query_params.get("changedSince", ""), self.clock.now)
        return changes.answer_body(since, {name: self.rows(name) for name in names}, self.deletions, self.clock.now)
