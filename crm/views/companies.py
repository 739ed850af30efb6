"""The forms of a company, and the names that other forms suggest."""

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from crm.forms.companies import CompanyForm
from crm.models import Company
from crm.web import Request, done, page, posted, visible_or_404

MOST_NAMES = 30


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: Request) -> HttpResponse:
    start = {"name": request.GET.get("name", ""), "domain": request.GET.get("domain", "")}
    form = CompanyForm(posted(request), user=request.user, initial=start)
    if request.method == "POST" and form.is_valid():
        return done(request, form.add(), toast=_("The company was added."))
    status = 422 if request.method == "POST" else 200
    return page(request, "crm/companies/form.html", {"form": form}, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def details(request: Request, pk: int) -> HttpResponse:
    found = visible_or_404(Company, request.user, pk)
    form = CompanyForm(posted(request), instance=found, user=request.user)
    entry = form.keep() if request.method == "POST" and form.is_valid() else None
    if entry:
        return done(request, "crm:company", pk, toast=_("Saved."), undo=entry)
    status = 422 if request.method == "POST" else 200
    context = {"form": form, "company": Company(pk=pk)}
    return page(request, "crm/companies/form.html", context, status=status)


@require_GET
def names(request: Request) -> HttpResponse:
    """What a field for a company suggests, for what is typed so far."""
    typed = request.GET.get("company_name", "").strip()[:200]
    rows = Company.objects.visible_to(request.user).filter(name__icontains=typed)
    return page(request, "crm/companies/_names.html", {"companies": rows[:MOST_NAMES]})
