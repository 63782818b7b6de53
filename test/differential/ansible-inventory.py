"""What `ansible-inventory --list` prints of many inventories, by its own code in one process.

Standard input: one JSON value per line, {"sources": [path, ...], "patterns": [pattern, ...]}. Standard output: one JSON
value per line, {"list": {...}, "yaml": text, "hosts": {pattern: [name, ...]}, "warnings": [...]} or {"error": text}.
"""

import json
import os
import sys

import yaml

os.environ['ANSIBLE_CONFIG'] = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'ansible.cfg')

from ansible import context  # noqa: E402
from ansible.cli.inventory import InventoryCLI  # noqa: E402
from ansible.inventory.manager import InventoryManager, split_host_pattern  # noqa: E402
from ansible.parsing.ajson import AnsibleJSONEncoder  # noqa: E402
from ansible.parsing.dataloader import DataLoader  # noqa: E402
from ansible.parsing.yaml.dumper import AnsibleDumper  # noqa: E402
from ansible.utils.display import Display  # noqa: E402
from ansible.vars.manager import VariableManager  # noqa: E402

warnings = []
Display.warning = lambda self, message, formatted=False: warnings.append(str(message))


def answer(request):
    cli = InventoryCLI(['ansible-inventory', '--list'])
    cli.parse()
    cli.loader = DataLoader()
    cli.inventory = InventoryManager(loader=cli.loader, sources=request['sources'])
    cli.vm = VariableManager(loader=cli.loader, inventory=cli.inventory, version_info={})
    listed = cli.json_inventory(cli.inventory.groups['all'])
    tree = as_printed(cli.yaml_inventory(cli.inventory.groups['all']))
    hosts = {pattern: [h.name for h in cli.inventory.get_hosts(pattern)] for pattern in request.get('patterns', [])}
    text = yaml.dump(tree, Dumper=AnsibleDumper, default_flow_style=False, allow_unicode=True, width=2**31 - 1)
    return {'list': listed, 'yaml': text, 'hosts': hosts}


def as_printed(value):
    """Without objects that are the same (they get anchors), times as text, and 1000.0 as 1000, as JSON has it."""
    return integral(json.loads(json.dumps(value, cls=AnsibleJSONEncoder, preprocess_unsafe=True)))


def integral(value):
    if isinstance(value, dict):
        return {key: integral(member) for key, member in value.items()}
    if isinstance(value, list):
        return [integral(member) for member in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


for line in sys.stdin:
    warnings.clear()
    context.CLIARGS = type(context.CLIARGS)({})
    try:
        result = answer(json.loads(line))
    except Exception as error:
        result = {'error': str(error)}
    result['warnings'] = list(warnings)
    print(json.dumps(result, cls=AnsibleJSONEncoder, preprocess_unsafe=True), flush=True)
