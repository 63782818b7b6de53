# What the playbook and the runbook find on a fresh host: an apt repository with the package greeter, a small web server.
set -e
mkdir -p /opt/repo/tree/DEBIAN /opt/repo/tree/usr/bin /opt/repo/tree/lib/systemd/system
cd /opt/repo
printf 'Package: greeter\nVersion: 1.0\nArchitecture: all\nMaintainer: lab <lab@localhost>\nDescription: greeter\n' >tree/DEBIAN/control
cat >tree/usr/bin/greeter-init <<'EOF'
#!/bin/sh
# greeter-init FILE: makes the store; greeter-init --sweep FILE: empties it
if [ "$1" = --sweep ]; then : >"$2"; else echo first >"$1"; fi
EOF
chmod 755 tree/usr/bin/greeter-init
cat >tree/lib/systemd/system/greeter.service <<'EOF'
[Service]
EnvironmentFile=/etc/greeter.conf
ExecStart=/bin/busybox httpd -f -p ${PORT} -h /srv/greeter
[Install]
WantedBy=multi-user.target
EOF
find tree -exec touch -d 2020-02-02 {} +
SOURCE_DATE_EPOCH=1580601600 dpkg-deb --root-owner-group -b tree greeter.deb >/dev/null
rm -r tree
{
  dpkg-deb -f greeter.deb
  echo "Filename: ./greeter.deb"
  echo "Size: $(stat -c %s greeter.deb)"
  echo "SHA256: $(sha256sum <greeter.deb | cut -d' ' -f1)"
} >Packages
echo "deb [trusted=yes] file:/opt/repo ./" >/etc/apt/sources.list.d/greeter.list
apt-get update -qq
