"""Published clients, unmodified, at MTN's new platform: `published.py CLIENT`, run by
`momosandbox migrate`. CLIENT is `mtn-momo-client` or `mtnmomo-py`, both of PyPI.

What the client does with a token decides whether it is ready; the audit says so.
"""

import os
import sys

URL = os.environ["MOMO_SANDBOX_URL"]
USER_ID = os.environ["MOMO_SANDBOX_API_USER_ID"]
TOKEN = os.environ["MOMO_SANDBOX_API_KEY"]
KEY = os.environ["MOMO_SANDBOX_PRIMARY_KEY"]
ENVIRONMENT = os.environ["MOMO_SANDBOX_ENVIRONMENT"]


def mtn_momo_client() -> None:
    from momo_api import Config
    from momo_api.products.collection import CollectionApi

    config = Config.collection(KEY, USER_ID, TOKEN)
    CollectionApi(config, URL, ENVIRONMENT).get_access_token()


def mtnmomo_py() -> None:
    from mtnmomo import MoMoClient, MoMoConfig, ProductCredentials

    credentials = ProductCredentials(KEY, USER_ID, TOKEN)
    config = MoMoConfig(credentials, target_environment=ENVIRONMENT, base_url=URL)
    MoMoClient(config).collection.get_account_balance()


CLIENTS = {"mtn-momo-client": mtn_momo_client, "mtnmomo-py": mtnmomo_py}

try:
    CLIENTS[sys.argv[1]]()
    print(f"{sys.argv[1]} has a token")
except Exception as error:  # whatever the client makes of it: the audit says what it was
    print(f"{sys.argv[1]}: {error!r}")
