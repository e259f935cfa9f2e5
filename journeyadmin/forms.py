"""How forms render themselves: every field through templates/_field.html."""

from django.forms.renderers import TemplatesSetting


class Renderer(TemplatesSetting):
    """Uses the project's templates, so `{{ form.name.as_field_group }}` is our field markup."""

    field_template_name = "_field.html"
