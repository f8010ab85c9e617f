// SPDX-License-Identifier: GPL-2.0-only
int create(struct kvm *kvm)
{
	struct timer_chip *s = kzalloc(sizeof(*s), GFP_KERNEL);
	int ret;

	ret = kvm_io_bus_register_dev(kvm, KVM_PIO_BUS, 0x40, 4, &s->dev);
	if (ret)
		goto free;

	ret = add_timer_irq(s);
	if (ret)
		goto unregister;

	return 0;

unregister:
	kvm_io_bus_unregister_dev(kvm, KVM_PIO_BUS, &s->dev);
free:
	kfree(s);
	return ret;
}

static void timer_unregister(struct kvm *kvm, struct timer_chip *s)
{
	kvm_io_bus_unregister(kvm, &s->dev);
}

void destroy(struct kvm_device *dev)
{
	struct timer_chip *s = dev->private;

	timer_unregister(dev->kvm, s);
	kfree(s);
	kfree(dev);
}

void destroy_other(struct kvm_device *dev, char *name)
{
	struct timer_chip *s = dev->private;

	kfree(name);
	timer_unregister(dev->kvm, s);
}

static void zone_free(struct zone *z)
{
	kfree(z);
}

static void zone_release(struct kvm_io_device *dev)
{
	zone_free(container_of(dev, struct zone, dev));
}

int zone_create(struct kvm *kvm, gpa_t addr)
{
	struct zone *z = kzalloc(sizeof(*z), GFP_KERNEL_ACCOUNT);
	int ret;

	z->dev.release = zone_release;
	ret = kvm_io_bus_register(kvm, &z->dev, regions, 1);
	if (ret)
		kfree(z);

	return ret;
}

static void old_zone_destructor(struct kvm_io_device *this)
{
	struct old_zone *z = to_old_zone(this);

	kfree(z);
}

static const struct kvm_io_device_ops old_zone_ops = {
	.write = old_zone_write,
	.destructor = old_zone_destructor,
};

int old_zone_create(struct kvm *kvm, struct old_zone *z)
{
	kvm_iodevice_init(&z->dev, &old_zone_ops);

	return kvm_io_bus_register_dev(kvm, KVM_MMIO_BUS, z->addr, z->len, &z->dev);
}

void no_device(struct part *part)
{
	kfree(part);
}
