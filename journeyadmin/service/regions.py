"""The regions of Genesys Cloud, as data: where people sign in and where the API is.

Source: https://developer.genesys.cloud/platform/api/ (list of regions); docs/api/journey-api.md §8.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Region:
    """One region: the cloud's own name, what people call it, and its domain."""

    key: str
    label: str
    domain: str

    @property
    def login_url(self) -> str:
        return f"https://login.{self.domain}"

    @property
    def api_url(self) -> str:
        return f"https://api.{self.domain}"


REGIONS = (
    Region("us-east-1", "Americas, US East (N. Virginia)", "mypurecloud.com"),
    Region("us-east-2", "Americas, US East 2 (FedRAMP)", "use2.us-gov-pure.cloud"),
    Region("us-west-2", "Americas, US West (Oregon)", "usw2.pure.cloud"),
    Region("ca-central-1", "Americas, Canada", "cac1.pure.cloud"),
    Region("sa-east-1", "Americas, São Paulo", "sae1.pure.cloud"),
    Region("mx-central-1", "Americas, Mexico", "mxc1.pure.cloud"),
    Region("eu-west-1", "EMEA, Ireland", "mypurecloud.ie"),
    Region("eu-west-2", "EMEA, London", "euw2.pure.cloud"),
    Region("eu-central-1", "EMEA, Frankfurt", "mypurecloud.de"),
    Region("eu-central-2", "EMEA, Zurich", "euc2.pure.cloud"),
    Region("eusc-de-east-1", "EMEA, European Sovereign Cloud", "edee1.eusc-pure.cloud"),
    Region("me-central-1", "EMEA, UAE", "mec1.pure.cloud"),
    Region("ap-south-1", "Asia Pacific, Mumbai", "aps1.pure.cloud"),
    Region("ap-northeast-1", "Asia Pacific, Tokyo", "mypurecloud.jp"),
    Region("ap-northeast-2", "Asia Pacific, Seoul", "apne2.pure.cloud"),
    Region("ap-northeast-3", "Asia Pacific, Osaka", "apne3.pure.cloud"),
    Region("ap-southeast-1", "Asia Pacific, Singapore", "apse1.pure.cloud"),
    Region("ap-southeast-2", "Asia Pacific, Sydney", "mypurecloud.com.au"),
)

BY_KEY = {region.key: region for region in REGIONS}
