import { describeTuning } from '../support/tuning-timeouts.ts'

describeTuning('etcd3-static')
