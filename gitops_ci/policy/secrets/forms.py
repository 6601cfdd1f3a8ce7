"""Tokens with a form of their own: whose they are, what they look like, and where they are revoked."""

from __future__ import annotations

from typing import NamedTuple


class Form(NamedTuple):
    """What a provider's tokens look like. `hints` are texts of which one is in each of them, as written."""

    owner: str
    pattern: str
    hints: tuple[str, ...]
    rotate: str = ""


_GITLAB = ("glpat-", "gldt-", "glrt-", "glcbt-", "glptt-", "glft-", "glimt-", "glagent-", "glsoat-", "glffct-")
_SLACK = ("hooks.slack.com/",)

FORMS = (
    Form("AWS access key", r"(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}", ("AKIA", "ASIA", "ABIA", "ACCA"),
         "IAM: create a second key, deploy it, then deactivate and delete this one"),
    Form("GitHub token", r"gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{22,}",
         ("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"), "GitHub: Settings, Developer settings, delete it"),
    Form("GitLab token", r"gl(?:pat|dt|rt|cbt|ptt|ft|imt|agent|soat|ffct)-[\w-]{20,}|GR1348941[\w-]{20,}",
         (*_GITLAB, "GR1348941"), "GitLab: Access tokens, revoke it"),
    Form("Slack token", r"xox[abceoprs]-[A-Za-z0-9-]{10,}|xapp-\d-[A-Za-z0-9-]{20,}", ("xox", "xapp-"),
         "Slack: the app's page, revoke its tokens and install it anew"),
    Form("Slack webhook", r"hooks\.slack\.com/(?:services|workflows|triggers)/[A-Za-z0-9_/]{20,}", _SLACK,
         "Slack: the app's page, Incoming webhooks, remove it"),
    Form("Discord webhook", r"discord(?:app)?\.com/api/webhooks/\d+/[\w-]{20,}", ("/api/webhooks/",),
         "Discord: the channel's integrations, delete the webhook"),
    Form("Stripe key", r"[rs]k_(?:live|test)_[A-Za-z0-9]{16,}|whsec_[A-Za-z0-9+/=]{24,}",
         ("k_live_", "k_test_", "whsec_"),
         "Stripe: Developers, API keys, roll it"),
    Form("Google API key", r"AIza[0-9A-Za-z_-]{35}", ("AIza",),
         "Google Cloud: APIs and services, Credentials, regenerate it"),
    Form("Google OAuth secret", r"ya29\.[0-9A-Za-z_-]{20,}|GOCSPX-[0-9A-Za-z_-]{20,}", ("ya29.", "GOCSPX-"),
         "Google Cloud: APIs and services, Credentials, reset the client's secret"),
    Form("Azure AD client secret", r"[A-Za-z0-9_~.-]{3}\dQ~[A-Za-z0-9_~.-]{31,34}", ("Q~",),
         "Entra ID: App registrations, Certificates and secrets, delete it"),
    Form("Azure shared access signature", r"(?<=[?&;]sig=)[A-Za-z0-9%+/=_-]{20,}", ("sig=",),
         "Azure: rotate the account key, or revoke the stored access policy, that signed it"),
    Form("npm token", r"npm_[A-Za-z0-9]{36}", ("npm_",), "npm: Access tokens, delete it"),
    Form("PyPI token", r"pypi-AgE[A-Za-z0-9_-]{40,}", ("pypi-AgE",), "PyPI: Account settings, API tokens, remove it"),
    Form("JSON web token", r"(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{6,}\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]*", ("eyJ",),
         "whoever issued it: revoke it, or rotate the key that it is signed with"),
    Form("Vault token", r"hv[sbr]\.[A-Za-z0-9_-]{20,}", ("hvs.", "hvb.", "hvr."), "Vault: `vault token revoke`"),
    Form("Terraform Cloud token", r"[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_-]{50,}", (".atlasv1.",),
         "HCP Terraform: User or team settings, Tokens, delete it"),
    Form("DigitalOcean token", r"do[opr]_v1_[a-f0-9]{64}", ("dop_v1_", "doo_v1_", "dor_v1_"),
         "DigitalOcean: API, Tokens, delete it"),
    Form("SendGrid key", r"SG\.[\w-]{20,24}\.[\w-]{39,50}", ("SG.",), "SendGrid: Settings, API keys, delete it"),
    Form("Shopify token", r"shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}", ("shpat_", "shpca_", "shppa_", "shpss_"),
         "Shopify: the app's API credentials, rotate them"),
    Form("OpenAI or Anthropic key", r"sk-(?:ant|proj|svcacct|admin)-[\w-]{20,}|\bsk-[A-Za-z0-9]{32,}", ("sk-",),
         "the provider's console, API keys: delete it"),
    Form("Databricks token", r"dapi[a-f0-9]{32}", ("dapi",), "Databricks: User settings, Access tokens, revoke it"),
    Form("Docker Hub token", r"dckr_pat_[\w-]{20,}", ("dckr_pat_",),
         "Docker Hub: Account settings, Personal access tokens, delete it"),
    Form("Grafana token", r"glc_[A-Za-z0-9+/=]{32,}|glsa_[A-Za-z0-9_]{32,}", ("glc_", "glsa_"),
         "Grafana: Service accounts or Access policies, delete the token"),
    Form("New Relic key", r"NRAK-[A-Z0-9]{27}", ("NRAK-",), "New Relic: API keys, delete it"),
    Form("age key", r"AGE-SECRET-KEY-1[0-9A-Z]{58}", ("AGE-SECRET-KEY-1",),
         "make a new key, `sops updatekeys` every file, then rotate what the old one could read"),
)  # fmt: skip
"""Each pattern is linear in its text; together they are `patterns.TOKENS`."""
