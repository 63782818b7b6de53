/** What the ssh2 transport heeds of an ssh_config, in lower case. */
export const HEEDED: ReadonlySet<string> = new Set([
  'connecttimeout',
  'globalknownhostsfile',
  'hostkeyalias',
  'hostname',
  'identitiesonly',
  'identityagent',
  'identityfile',
  'port',
  'proxycommand',
  'proxyjump',
  'serveralivecountmax',
  'serveraliveinterval',
  'stricthostkeychecking',
  'user',
  'userknownhostsfile',
])

/** What changes whom we reach or whom we trust, and only OpenSSH itself can do. */
export const ONLY_OPENSSH: ReadonlySet<string> = new Set([
  'bindaddress',
  'bindinterface',
  'canonicalizehostname',
  'knownhostscommand',
  'pkcs11provider',
  'proxyusefdpass',
  'revokedhostkeys',
])

/** Keywords of ssh_config(5), OpenSSH 10.0 and before, that change nothing for us. */
const OTHERS = `addkeystoagent addressfamily batchmode canonicaldomains canonicalizefallbacklocal canonicalizemaxdots
canonicalizepermittedcnames casignaturealgorithms certificatefile challengeresponseauthentication channeltimeout
checkhostip cipher ciphers clearallforwardings compression compressionlevel connectionattempts controlmaster controlpath
controlpersist dsaauthentication dynamicforward enableescapecommandline enablesshkeysign escapechar exitonforwardfailure
fallbacktorsh fingerprinthash forkafterauthentication forwardagent forwardx11 forwardx11timeout forwardx11trusted
gatewayports gssapiauthentication gssapiclientidentity gssapidelegatecredentials gssapikexalgorithms gssapikeyexchange
gssapirenewalforcesrekey gssapiserveridentity gssapitrustdns hashknownhosts hostbasedacceptedalgorithms
hostbasedauthentication hostbasedkeytypes hostkeyalgorithms ignoreunknown ipqos kbdinteractiveauthentication
kbdinteractivedevices keepalive kexalgorithms localcommand localforward loglevel logverbose macs
nohostauthenticationforlocalhost numberofpasswordprompts obscurekeystroketiming passwordauthentication permitlocalcommand
permitremoteopen preferredauthentications protocol pubkeyacceptedalgorithms pubkeyacceptedkeytypes pubkeyauthentication
refuseconnection rekeylimit remotecommand remoteforward requesttty requiredrsasize rhostsrsaauthentication
rsaauthentication securitykeyprovider sendenv sessiontype setenv skeyauthentication smartcarddevice stdinnull
streamlocalbindmask streamlocalbindunlink syslogfacility tag tcpkeepalive tisauthentication tunnel tunneldevice
updatehostkeys useprivilegedport usersh versionaddendum visualhostkey
warnweakcrypto xauthlocation`

/** Every keyword that OpenSSH knows; anything else is a mistake, but for what IgnoreUnknown names. */
export const KNOWN: ReadonlySet<string> = new Set([
  ...HEEDED,
  ...ONLY_OPENSSH,
  ...OTHERS.split(/\s+/),
  'host',
  'include',
  'match',
])
